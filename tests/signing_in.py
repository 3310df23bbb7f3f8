"""What the form to sign in sends, for a class whose passwords these are."""

PASSWORD, TEACHERS, OWN = "glorot", "bengio-2010", "my own secret"


def student(name: str = "Ana", own: str = OWN, password: str = PASSWORD) -> dict[str, str]:
    return {"name": name, "own": own, "password": password}


def teacher(name: str = "Yoshua", password: str = TEACHERS) -> dict[str, str]:
    return {"as": "teacher", "name": name, "password": password}

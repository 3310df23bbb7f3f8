"""A class on one server, in three browsers: two students and a teacher, what each sees and may do."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import Session

from app import db, store
from tests.server import Server
from tests.signing_in import PASSWORD, TEACHERS, student, teacher
from tests.walk import walk

pytestmark = pytest.mark.browser
LONG = {"name": "Takes a while", "hidden": "400, 400, 400", "epochs": "900"}


@pytest.fixture(scope="module")
def class_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    passwords = {"CLASS_PASSWORD": PASSWORD, "TEACHER_PASSWORD": TEACHERS}
    with Server(tmp_path_factory.mktemp("class"), HOST="0.0.0.0", **passwords) as server:
        yield server


def open_browser(chromium: Browser, server: Server) -> Page:
    page = chromium.new_context(locale="en").new_page()
    page.goto(server.url)
    expect(page).to_have_url(server.url + "/sign-in")
    return page


def sign_in(page: Page, name: str, own: str = "my own secret", password: str = PASSWORD) -> Page:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your own password").fill(own)
    page.get_by_label("Class password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


def sign_in_as_teacher(page: Page, name: str) -> Page:
    page.get_by_role("link", name="Sign in as a teacher").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Teachers' password").fill(TEACHERS)
    page.get_by_role("button", name="Sign in").click()
    return page


def launch(page: Page, server: Server, **fields: str) -> str:
    """The address of its page."""
    page.goto(server.url + "/new")
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Launch").click()
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))
    return page.url


def buttons(page: Page) -> str:
    return " ".join(page.locator(".actions").first.all_inner_texts())


def test_two_students_and_a_teacher(chromium: Browser, class_server: Server) -> None:
    ana, ben, ms_glorot = (open_browser(chromium, class_server) for _ in range(3))
    sign_in(ana, "Ana")
    expect(ana.get_by_role("banner")).to_contain_text("Ana")
    run = launch(ana, class_server, name="Mine", hidden="8", epochs="1")

    sign_in(ben, "Ana", own="a guess of Ben's")
    expect(ben.get_by_role("alert")).to_contain_text("Somebody has this name, with another password.")
    expect(ben.get_by_label("Your name")).to_have_value("Ana")
    expect(ben.get_by_label("Class password")).to_have_value("")
    sign_in(ben, "Ben")
    expect(ben.get_by_role("banner")).to_contain_text("Ben")
    expect(ben.get_by_role("link", name="Mine")).to_have_count(0)
    ben.goto(run)
    expect(ben.get_by_role("heading", level=1)).to_have_text("There is nothing here")

    expect(ana.locator(".pill")).to_have_text("Finished")
    ana.get_by_role("button", name="Show to the class").click()
    expect(ana.get_by_role("button", name="Hide from the class")).to_be_visible()
    ben.goto(class_server.url + "/?whose=class")
    ben.get_by_role("link", name="Mine", exact=True).click()
    expect(ben.locator(".facts").first).to_contain_text("by Ana")
    for name in ("Cancel", "Delete", "Share", "Hide from the class"):
        assert name in buttons(ana) or name == "Cancel"
        assert name not in buttons(ben)
    expect(ben.get_by_role("link", name="Class", exact=True)).to_have_count(0)
    ben.goto(class_server.url + "/teacher")
    expect(ben.get_by_role("main")).to_contain_text("This is for teachers.")

    theirs = launch(ben, class_server, **LONG)
    sign_in_as_teacher(ms_glorot, "Ms Glorot")
    ms_glorot.get_by_role("link", name="Class", exact=True).click()
    expect(ms_glorot.locator("#students")).to_contain_text("Ana")
    ms_glorot.get_by_role("button", name="Stop Takes a while").click()
    expect(ms_glorot.locator("#queue")).to_contain_text("Nothing is trained, and nothing waits.")
    expect(ben.locator(".pill")).to_have_text("Cancelled")
    ms_glorot.goto(theirs)
    assert "Delete" in buttons(ms_glorot)
    for page in (ana, ben, ms_glorot):
        page.context.close()


@pytest.fixture(scope="module")
def pages(chromium: Browser, class_server: Server) -> dict[str, str]:
    """The address of each page of a teacher by what it shows."""
    context = chromium.new_context(base_url=class_server.url)
    ask = context.request
    ask.post("/sign-in", form=student("Eva"))
    lab = ask.post("/labs/dying-relu", form={"choice": "1"}).url
    ask.post("/sign-in", form=teacher())
    link = re.search(r'value="[^"]*(/m/[\w-]+)"', ask.post("/mystery/new").text())
    assert link is not None
    ask.post(f"{link[1]}/answers", form={"rule": "overfit", "cure": "none"})
    there = ask.get("/teacher").text()
    named = {kind: re.search(rf'href="(/teacher/{kind}/\w+)"', there) for kind in ("members", "mysteries")}
    context.close()
    found = {f"teacher's page of {kind}": match[1] for kind, match in named.items() if match}
    return {"class": "/teacher", "predictions": f"/teacher/labs/{lab.rpartition('/')[2]}", **found}


@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1280), ("es", "dark", 360)])
def test_a_teachers_pages_are_in_order(
    chromium: Browser, class_server: Server, pages: dict[str, str], language: str, scheme: str, width: int
) -> None:
    assert len(pages) == 4
    assert walk(chromium, class_server, pages, language, scheme, width, teacher()) == []


@pytest.fixture
def kept_password(class_server: Server) -> Iterator[None]:
    """Whatever the class is asked for meanwhile, afterwards it is what the others here send."""
    yield
    engine = db.make_engine(class_server.settings.runs_url)
    with Session(engine) as session:
        store.forget_class_password(session)
    engine.dispose()


@pytest.mark.usefixtures("kept_password")
def test_a_teacher_sends_a_name_away_and_ends_all_sessions(chromium: Browser, class_server: Server) -> None:
    zoe, max_, ms_bengio = (open_browser(chromium, class_server) for _ in range(3))
    sign_in(zoe, "Zoe")
    sign_in(max_, "Max")
    kept = launch(zoe, class_server, name="Left behind", hidden="8", epochs="1")
    left_open, shown = open_and_listen(chromium, class_server, "/teacher")
    expect(left_open.locator("#students")).to_contain_text("Zoe")
    sign_in_as_teacher(ms_bengio, "Ms Bengio")
    ms_bengio.goto(class_server.url + "/teacher")
    ms_bengio.locator("#students").get_by_role("link", name="Zoe").click()
    ms_bengio.get_by_text("Remove name").click()
    ms_bengio.get_by_role("button", name="Remove for good").click()
    for page in (ms_bengio, left_open):
        expect(page.locator("#students")).not_to_contain_text("Zoe")
    ms_bengio.goto(kept)
    expect(ms_bengio.get_by_role("heading", level=1)).to_have_text("Left behind")
    zoe.reload()
    expect(zoe).to_have_url(class_server.url + "/sign-in")
    sign_in(zoe, "Zoe", own="somebody new")
    expect(zoe.get_by_role("heading", level=1)).to_have_text("There is nothing here")  # led to what she had asked for

    ms_bengio.goto(class_server.url + "/teacher")
    ms_bengio.get_by_label("New class password").fill("next term")
    ms_bengio.get_by_role("button", name="Change the password").click()
    expect(ms_bengio.get_by_role("heading", level=1)).to_have_text("Sign in as a teacher")
    expect(left_open).to_have_url(class_server.url + "/sign-in", timeout=10_000)
    assert shown == []
    max_.goto(class_server.url + "/new")
    expect(max_).to_have_url(class_server.url + "/sign-in")
    sign_in(max_, "Max")
    expect(max_.get_by_role("alert")).to_have_text("That is not the class password.")
    sign_in(max_, "Max", password="next term")
    expect(max_).to_have_url(class_server.url + "/new")
    max_.get_by_role("button", name="Sign out").click()
    max_.go_back()
    max_.reload()
    expect(max_).to_have_url(class_server.url + "/sign-in")
    for page in (zoe, max_, ms_bengio, left_open):
        page.context.close()


def open_and_listen(chromium: Browser, server: Server, path: str) -> tuple[Page, list[str]]:
    """A page as another teacher has it open, and how often its text came to hold "null"."""
    context = chromium.new_context(locale="en", base_url=server.url)
    context.request.post("/sign-in", form=teacher())  # type: ignore[arg-type]
    page = context.new_page()
    shown: list[str] = []
    page.on("console", lambda message: shown.append(message.text) if message.text == "null" else None)
    page.goto(path)
    page.evaluate("""new MutationObserver(() => document.body.textContent.includes("null") && console.log("null"))
        .observe(document.body, { childList: true, subtree: true })""")
    return page, shown

"""What is said where something is not there, or not for who asks: the same wherever that is found out."""

from ml.words import words

RUN = words("There is no such run. It may have been deleted.")
EXPERIMENT = words("There is no such experiment. It may have been deleted.")
REPORT = words("There is no such lab report. Its runs may have been deleted.")
SHARE = words("There is no such share link.")

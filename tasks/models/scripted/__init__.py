"""An endpoint on this machine that answers by a script: to try the pipeline, and to test what endpoints do wrong.

    with ScriptedEndpoint(lambda request: "yes") as endpoint:
        ...                                              # base_url=endpoint.url

Run as `python -m tasks.models.scripted --port 8000`, it stands in for a teacher: it makes questions from the tables
and `key: value` lines of the text that it is given, by rule and without a model.
"""

from tasks.models.scripted.batches import Batching
from tasks.models.scripted.counters import Counters
from tasks.models.scripted.faults import Faults
from tasks.models.scripted.rules import teach_by_rule
from tasks.models.scripted.script import Answer, Dropped, Failure, Garbage, Request, Response, Script
from tasks.models.scripted.server import ScriptedEndpoint

__all__ = [
    "Answer",
    "Batching",
    "Counters",
    "Dropped",
    "Failure",
    "Faults",
    "Garbage",
    "Request",
    "Response",
    "Script",
    "ScriptedEndpoint",
    "teach_by_rule",
]

"""`junit.xml`: a suite for each kernel, a case for each workload's correctness and speed. The form is that of Jenkins'
`junit-10.xsd`, which GitLab, Jenkins and the common GitHub actions read.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from kernel_gepa.domain.comparison import Claim
from kernel_gepa.report.ci.record import EXITS, Kernel, Result, State
from kernel_gepa.report.ci.words import amount, change, compared, one_line
from kernel_gepa.report.readable import readable

ERRORS = (State.FAILED, State.UNUSABLE, State.UNJUDGED)
SKIPPED = (State.SKIPPED, State.INCONCLUSIVE)


def junit(result: Result) -> str:
    suites = [_suite(kernel, result) for kernel in result.kernels]
    sums = {name: str(sum(int(s.get(name, "0")) for s in suites)) for name in ("tests", "failures", "errors")}
    root = Xml.Element("testsuites", {"name": f"kernel-gepa ci {result.command}", **sums})
    root.set("time", f"{result.spend.wall_s:.3f}")
    root.extend(suites)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(kernel: Kernel, result: Result) -> Xml.Element:
    cases = list(_cases(kernel, result))
    suite = Xml.Element("testsuite", name=_text(kernel.source), tests=str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    properties = Xml.SubElement(suite, "properties")
    told = {"compared": compared(result), "state": kernel.state.value, "device": result.fingerprint.device}
    for cell in kernel.cells:
        told |= {f"{cell.workload}.speedup": f"{cell.speedup.value:.6g}"}
        told |= {f"{cell.workload}.low": f"{cell.speedup.low:.6g}", f"{cell.workload}.high": f"{cell.speedup.high:.6g}"}
    for name, value in told.items():
        Xml.SubElement(properties, "property", name=_text(name), value=_text(value))
    suite.extend(cases)
    if kernel.notes:
        Xml.SubElement(suite, "system-out").text = _text("\n".join(kernel.notes))
    return suite


def _cases(kernel: Kernel, result: Result) -> Iterator[Xml.Element]:
    right = _case(kernel, "correctness")
    if kernel.state is State.INCORRECT:
        _outcome(right, "failure", kernel.why, "\n".join(kernel.notes), kind="incorrect")
    elif kernel.state in ERRORS:
        _outcome(right, "error", kernel.why, "", kind=f"exit {EXITS[kernel.state]}")
    yield right
    for cell in kernel.cells:
        case = _case(kernel, f"speed[{cell.workload}]")
        told = f"{cell.why}: {change(cell)}, {amount(cell.head, result.rule.unit)} a launch"
        if cell.claim is Claim.REGRESSION:
            _outcome(case, "failure", told, "", kind="regression")
        elif cell.claim is Claim.INCONCLUSIVE:
            _outcome(case, "skipped", f"inconclusive: {told}")
        else:
            Xml.SubElement(case, "system-out").text = _text(told)
        yield case
    if not kernel.cells and kernel.state is State.SKIPPED:
        case = _case(kernel, "speed")
        _outcome(case, "skipped", f"skipped: {kernel.why}")
        yield case


def _case(kernel: Kernel, name: str) -> Xml.Element:
    return Xml.Element("testcase", name=_text(name), classname=_text(kernel.source))


def _outcome(case: Xml.Element, tag: str, message: str, body: str = "", *, kind: str = "") -> None:
    told = Xml.SubElement(case, tag, message=_text(one_line(message)))
    if kind:
        told.set("type", kind)
    if body:
        told.text = _text(body)


def _text(text: str) -> str:
    """XML has no way to write most control characters; and U+FFFE and U+FFFF are no characters of it."""
    return readable(text).translate({0xFFFE: "�", 0xFFFF: "�"})

"""Judges one page with Python's own HTML parser; prints what is wrong, one a line, and exits 1."""

import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
RESOURCES = {"src", "srcset", "data", "action", "background", "poster", "xlink:href", "formaction"}
REFERENCES = {"aria-labelledby", "aria-describedby", "for", "headers"}


class Judge(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.ids, self.wanted = [], [], [], []
        self.headings, self.scripts, self.lang, self.styles = [], [], None, ""

    def fault(self, text):
        self.faults.append(f"line {self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attributes):
        self.judge(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.judge(tag, attributes)

    def judge(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = dict(attributes)
        if len(names) != len(set(names)):
            self.fault(f"<{tag}> repeats an attribute")
        for name, value in attributes:
            if name.startswith("on"):
                self.fault(f"<{tag}> has the handler {name}")
            if name in RESOURCES:
                self.fault(f"<{tag}> asks for {name}={value}")
            if name == "href" and not value.startswith("#"):
                self.fault(f"<{tag}> links out to {value}")
            if name == "href" and value.startswith("#"):
                self.wanted.append(value[1:])
            if name in REFERENCES:
                self.wanted += value.split()
            if name == "style":
                self.fault(f"<{tag}> has a style of its own")
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "html":
            self.lang = values.get("lang")
        if tag == "script":
            self.scripts.append(values.get("type"))
        if tag == "th" and values.get("scope") not in ("col", "row"):
            self.fault("<th> without scope")
        if tag == "svg" and (values.get("role") != "img" or "aria-labelledby" not in values):
            self.fault("<svg> without role and label")
        if tag in ("link", "iframe", "object", "embed", "img", "base", "form"):
            self.fault(f"<{tag}> has no place in a report")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.fault(f"</{tag}> where <{self.open[-1] if self.open else 'nothing'}> is open")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.styles += data


def main():
    judge = Judge()
    judge.feed(open(sys.argv[1], encoding="utf-8").read())
    judge.close()
    faults = judge.faults
    if judge.open:
        faults.append(f"left open: {judge.open}")
    if not judge.lang:
        faults.append("the page has no language")
    if judge.scripts != ["application/json"]:
        faults.append(f"scripts: {judge.scripts}")
    if len(judge.ids) != len(set(judge.ids)):
        faults.append("an id stands twice")
    faults += [f"nothing has the id {name}" for name in judge.wanted if name not in judge.ids]
    if judge.headings[:1] != [1] or judge.headings.count(1) != 1:
        faults.append(f"headings begin with {judge.headings[:3]}")
    faults += [f"h{b} follows h{a}" for a, b in zip(judge.headings, judge.headings[1:]) if b > a + 1]
    if re.search(r"url\s*\(|@import|@font-face|expression\s*\(", judge.styles):
        faults.append("the styles ask for something")
    print("\n".join(faults) if faults else f"{len(judge.ids)} ids, {len(judge.headings)} headings")
    sys.exit(1 if faults else 0)


main()

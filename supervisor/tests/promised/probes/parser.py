"""UnhosedConfigParser: the dialect, expansions, defaults."""

import os

from probe import each, show

from supervisor.options import UnhosedConfigParser

TEXT = """
[supervisord]
a=1 ; comment
b=x;y #z
dup=1
dup=2
pct=%(here)s/%(who)s
bad=%(nope)s
[program:a]
command=%(program_name)s %%
k : v
multi=one
   two
empty=
[supervisord]
more=1
[DEFAULT]
inherited=9
"""
p = UnhosedConfigParser()
show("fresh", lambda: [p.sections(), p.mysection, p.section_to_file, dict(p.expansions)])
p.read_string(TEXT)
show("sections", p.sections)
show("items", lambda: dict(p.items("supervisord")))
show("multi", p.get, "program:a", "multi")
show("has_option", lambda: [p.has_option("program:a", "k"), p.has_option("x", "y")])


def get(*args, **kwargs):
    """Show one look-up."""
    shown = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])
    show(f"saneget({shown})", p.saneget, *args, **kwargs)


get("supervisord", "a")
get("supervisord", "missing")
get("supervisord", "missing", "default")
get("supervisord", "missing", None)
get("supervisord", "missing", 5)
get("no section", "missing", "default")
get("supervisord", "pct")
get("supervisord", "pct", do_expand=False)
get("supervisord", "pct", expansions={"here": "/H", "who": "me"})
get("supervisord", "bad", expansions={"here": "/H"})
get("program:a", "command", expansions={"program_name": "P"})
get("program:a", "missing", "%(program_name)s", expansions={"program_name": "P"})
get("program:a", "empty")
get("program:a", "inherited")
p.expansions = {"who": "you"}
get("supervisord", "pct", expansions={"here": "/H"})
show("getdefault", p.getdefault, "a")
show("getdefault missing", p.getdefault, "missing")
show("getdefault default", p.getdefault, "missing", "d")
p.mysection = "program:a"
show("getdefault other", p.getdefault, "command", expansions={"program_name": "P"})
show("getdefault raw", p.getdefault, "command", None, do_expand=False)
p.expand_here("/HERE")
show("expand_here", p.get, "supervisord", "pct")

with open("one.conf", "w") as file:
    file.write("[program:q]\ncommand=x\n[z]\nb=1\n")
with open("two.conf", "w") as file:
    file.write("[z]\nc=1\n[y]\nb=1\n")
q = UnhosedConfigParser()
show("read", q.read, "one.conf")
show("read several", q.read, ["two.conf", "missing.conf"])
show("section_to_file", lambda: q.section_to_file)
each("read_string", lambda text: UnhosedConfigParser().read_string(text), ["foo\n", "[a]\nfoo\n"])
show("arguments", lambda: UnhosedConfigParser(allow_no_value=True).read_string("[a]\nfoo\n"))
os.unlink("one.conf")

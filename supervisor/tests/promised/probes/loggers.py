"""supervisor.loggers: levels, loggers, handlers of all kinds, rotation."""

import io
import os
import re

from probe import each, show

from supervisor import loggers as l

os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

for levels in (l.LevelsByName, l.LevelsByDescription):
    codes = {name: code for name, code in vars(levels).items() if not name.startswith("_")}
    show(levels.__name__, lambda codes=codes: codes)
show("LOG_LEVELS_BY_NUM", lambda: l.LOG_LEVELS_BY_NUM)
each("getLevelNumByDescription", l.getLevelNumByDescription, ["info", "INFO", "crit", "critical"])

log = l.getLogger()
show("getLogger", lambda: [log.level, log.handlers, l.getLogger(10).level, l.Logger().level])
l.handle_boundIO(log, "%(message)s|%(levelname)s\n")
show("handler", lambda: [log.handlers[0].level, log.handlers[0].fmt, log.handlers[0].stream])
for name in ["blather", "trace", "debug", "info", "warn", "error", "critical"]:
    getattr(log, name)(name)
log.info("with %(foo)s", foo=3)
log.info("100%")
log.info(b"bytes")
log.log(40, "by number")
log.info("%(missing)s", foo=1)
show("getvalue", log.getvalue)
log.close()
show("getvalue without memory", l.getLogger().getvalue)

stream = io.StringIO()
handler = l.StreamHandler(stream)
show("StreamHandler", lambda: [handler.fmt, handler.level, handler.closed])
handler.setFormat("%(asctime)s %(levelname)s %(message)s\n")
handler.setLevel(l.LevelsByName.WARN)
log = l.getLogger(l.LevelsByName.BLAT)
log.addHandler(handler)
log.info("left out")
log.warn("shown")
stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARN shown\n"
show("format", lambda: bool(re.fullmatch(stamp, stream.getvalue())))
show("remove reopen flush", lambda: [handler.remove(), handler.reopen(), handler.flush()])
handler.close()
show("closed", lambda: [handler.closed, stream.closed])

record = l.LogRecord(20, "m %(a)s", a=4)
show("LogRecord", lambda: [record.level, record.msg, record.kw])
show("asdict", lambda: [sorted(record.asdict()), record.asdict()["message"]])
binary = l.Handler(io.BytesIO())
binary.emit(l.LogRecord(20, "é"))
binary.emit(l.LogRecord(20, b"\xff"))
show("binary stream", binary.stream.getvalue)


def files(prefix):
    """Content of the files whose name begins so."""
    found = sorted(name for name in os.listdir(".") if name.startswith(prefix))
    return {name: open(name, "rb").read() for name in found}


plain = l.FileHandler("plain.log")
show("FileHandler", lambda: [plain.baseFilename, plain.mode, plain.level, plain.fmt])
plain.emit(l.LogRecord(20, "one\n"))
os.rename("plain.log", "plain.moved")
plain.reopen()
plain.emit(l.LogRecord(20, "two\n"))
show("reopened", files, "plain")
plain.remove()
show("removed", files, "plain")
show("remove twice", plain.remove)
plain.emit(l.LogRecord(20, "to a closed file"))
show("no directory", l.FileHandler, "/no/x.log")

rotating = l.RotatingFileHandler("r.log", maxBytes=10, backupCount=2)
show("RotatingFileHandler", lambda: [rotating.maxBytes, rotating.backupCount, rotating.mode])
for number in range(6):
    rotating.emit(l.LogRecord(20, f"line {number} ----\n"))
show("rotated", files, "r.log")
rotating.emit(l.LogRecord(20, "x"))
rotating.doRollover()
show("not full", files, "r.log")
rotating.removeAndRename("r.log.1", "r.log.7")
show("removeAndRename", files, "r.log")
none = l.RotatingFileHandler("n.log", maxBytes=10, backupCount=0)
none.emit(l.LogRecord(20, "0123456789AB"))
none.emit(l.LogRecord(20, "c"))
show("no backups", files, "n.log")
never = l.RotatingFileHandler("v.log", maxBytes=0, backupCount=1)
never.emit(l.LogRecord(20, "0123456789AB"))
never.doRollover()
show("no limit", files, "v.log")

log = l.getLogger()
l.handle_file(log, "f.log", "%(message)s\n")
l.handle_file(log, "g.log", "%(message)s\n", True, 100, 3)
l.handle_file(log, "syslog", "%(message)s\n")
l.handle_syslog(log, "%(message)s")
l.handle_stdout(log, "stdout: %(message)s\n")
show("handlers", lambda: log.handlers)
del log.handlers[2:4]
log.info("to all")
show("written", lambda: [files("f.log"), files("g.log")])

syslog = l.SyslogHandler()
sent = []
syslog._syslog = sent.append
syslog.setFormat("<%(message)s>")
syslog.emit(l.LogRecord(20, "a\nb"))
show("syslog", lambda: [sent, syslog.close(), syslog.reopen(), syslog.level])

memory = l.BoundIO(10, b"ab")
memory.write(b"cdefghij")
show("BoundIO full", memory.getvalue)
memory.write(b"k")
show("BoundIO over", memory.getvalue)
memory.write(b"0123456789ABCDEF")
show("BoundIO one piece", memory.getvalue)
show("BoundIO flush", memory.flush)
memory.clear()
memory.write(b"z")
memory.close()
show("BoundIO closed", lambda: [memory.getvalue(), memory.maxbytes])

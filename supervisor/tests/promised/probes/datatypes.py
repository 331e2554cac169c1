"""supervisor.datatypes: conversions, their errors, sentinels, socket descriptions."""

import os
import socket
import stat

from probe import each, plain, show

from supervisor import datatypes as d

WORDS = ["yes", "TRUE", "on", "1", "no", "off", "0", "False", "maybe", "", 1, True, None]
each("boolean", d.boolean, WORDS)
each("integer", d.integer, ["3", " 4 ", "1_0", "x", 3.7, str(2**70)])
each("list_of_strings", d.list_of_strings, ["a,b", " a , b ", "", "  ", None, "a,", "a\nb"])
each("list_of_ints", d.list_of_ints, ["1,2", " 1 , 2", "", "a", None, "1,"])
each("list_of_exitcodes", d.list_of_exitcodes, ["1,2", "0,255", "0,256", "-1", "", "a", "2,"])
each(
    "dict_of_key_value_pairs",
    d.dict_of_key_value_pairs,
    ["A=b", 'A="b c",B=2', "", "A=", "A", "A=b,", "A='x'", '"A"=b'],
)
each("byte_size", d.byte_size, ["1", "1kb", "1 KB", "2MB", "1gb", "x", "1m", "-1", "1.5MB"])
times = d.SuffixMultiplier({"k": 10, "m": 100}, 2)
each("SuffixMultiplier", times, ["1k", "1K", "1", "2m", "x", "k"])
each("RangeCheckedConversion", d.RangeCheckedConversion(int, 1, 5), ["1", "5", "0", "6", "x"])
each("RangeCheckedConversion no max", d.RangeCheckedConversion(int, min=1), ["0", "99"])
each(
    "signal_number",
    d.signal_number,
    ["TERM", "sigterm", "15", 15, "999", "0", "FOO", " usr1 ", "RTMIN", "34"],
)
each(
    "logfile_name",
    d.logfile_name,
    ["AUTO", "auto", "NONE", "off", "syslog", "", "/tmp/x", "/no/x", "~/x", "rel", None,
     d.Automatic, d.Syslog],
)  # fmt: skip
each("logging_level", d.logging_level, ["info", "CRITICAL", "blather", "warning", None, 20])
each("auto_restart", d.auto_restart, ["true", "1", "false", "unexpected", "UNEXPECTED", "x"])
each("existing_directory", d.existing_directory, ["/tmp", "/no", "~", "", ".", "/tmp/"])
each("existing_dirpath", d.existing_dirpath, ["/tmp/x", "/no/x", "x", "", "~/q", "./q"])
each("octal_type", d.octal_type, ["022", "22", "0o22", "99", "x", "", 8])
each("name_to_uid", d.name_to_uid, ["root", "0", "no such", "999999", 0, "-1"])
each("name_to_gid", d.name_to_gid, ["root", "0", "no such", "999999", 0])
each("gid_for_uid", d.gid_for_uid, [0, 999999])
each(
    "colon_separated_user_group",
    d.colon_separated_user_group,
    ["root", "root:root", "0:0", "root:", "x", "root:x", "a:b:c", ":root"],
)
each(
    "inet_address",
    d.inet_address,
    ["9001", ":9001", "*:9001", "HOST:2", "::1:9", "[::1]:9", "abc", "h:", "h:0", "h:99999", "h:x"],
)
each("port_number", d.port_number, ["1", "65535", "0", "65536", "x"])
each("url", d.url, ["http://a", "unix:///x", "unix://", "foo", "http:", "a/b", "HTTP://A/b"])
each("process_or_group_name", d.process_or_group_name, [" a ", "a b", "a:b", "a/b", "", "x*", "é"])
each(
    "profile_options",
    d.profile_options,
    ["cumulative", "CUMULATIVE,callers", "callers", "calls,time", "", "name , Calls"],
)
for text in ["/a/b", "host:9", "9", "rel/x", ":8", "*:9", "a:b"]:
    show(f"SocketAddress({text!r})", lambda text=text: vars(d.SocketAddress(text)))

inet = d.InetStreamSocketConfig("LocalHost", "80", backlog=3)
show("inet config", lambda: [inet.url, str(inet), inet.addr(), inet.get_backlog(), inet.port])
show("inet without backlog", lambda: d.InetStreamSocketConfig("h", 1).get_backlog())
show("inet equal", lambda: d.InetStreamSocketConfig("h", 1) == d.InetStreamSocketConfig("h", 1))
show("inet other", lambda: d.InetStreamSocketConfig("h", 1) != d.InetStreamSocketConfig("h", 2))
show("inet and a number", lambda: inet == 1)
unix = d.UnixStreamSocketConfig(
    os.path.abspath("u.sock"), mode=0o600, owner=(os.getuid(), os.getgid()), backlog=2
)
show("unix config", lambda: [unix.url == f"unix://{unix.path}", unix.get_mode(), unix.backlog])
show("unix owner", lambda: unix.get_owner() == (os.getuid(), os.getgid()))
bound = unix.create_and_bind()
show("unix bound", lambda: [bound.getsockname() == unix.addr(), bound.type])
show("unix mode", lambda: stat.S_IMODE(os.stat(unix.path).st_mode))
show("unix again", lambda: unix.create_and_bind().close())
bound.close()
show("unix nowhere", d.UnixStreamSocketConfig("/no/u.sock").create_and_bind)
show("abstract addr", d.SocketConfig().addr)
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
bound = d.InetStreamSocketConfig("127.0.0.1", port).create_and_bind()
show("inet bound", lambda: bound.getsockname() == ("127.0.0.1", port))
bound.close()

show("sentinels", lambda: [d.Automatic, d.Syslog, d.RestartUnconditionally])
show("sentinel unexpected", lambda: d.RestartWhenExitUnexpected)
show("words", lambda: [d.TRUTHY_STRINGS, d.FALSY_STRINGS])
show("logfile words", lambda: [d.LOGFILE_NONES, d.LOGFILE_AUTOS, d.LOGFILE_SYSLOGS])
show("SIGNUMS", lambda: [number in plain(d.SIGNUMS) for number in (1, 9, 15, 34, 64, 99)])

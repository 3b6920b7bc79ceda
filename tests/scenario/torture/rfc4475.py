# SPDX-License-Identifier: Apache-2.0
"""rfc4475: the torture tests of SIP, RFC 4475 section 3."""
from .case import CLOSES, DROPPED, PASSES, Case, closes, sip

SDP = """\
v=0
o=ann 4711 4711 IN IP4 192.0.2.7
s=-
c=IN IP4 192.0.2.7
t=0 0
m=audio 40000 RTP/AVP 0
"""


def plain(name, method="OPTIONS", uri="sip:tomb@yard.example", version="SIP/2.0",
          via="SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK", to="<sip:tomb@yard.example>",
          sender="<sip:ann@roof.example>;tag=37", call_id=None, cseq=None, hops="70", more="", body=b""):
    """An ordinary request but for one thing."""
    return sip(f"""\
{method} {uri} {version}
Via: {via}{name if via.endswith("z9hG4bK") else ""}
Max-Forwards: {hops}
From: {sender}
To: {to}
Call-ID: {call_id or name + "@play"}
CSeq: {cseq or "21 " + method}
Contact: <sip:ann@192.0.2.7>
{more}Content-Length: LENGTH
""", body)


FIRST = plain("dblreq", "REGISTER", uri="sip:yard.example")
PARTS = (b"--tombstone\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
         b"--tombstone\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
         + bytes(range(256)) + b"\0\0\r\n\r\n\r\n\xff\xfe\n\r--tombstone--\r\n")

VALID = [
    Case("wsinv", "4475 3.1.1.1", "blanks, tabs and folds wherever they are allowed, escapes in quotes, compact names, "
         "unknown headers and parameters", sip("""\
INVITE sip:tomb@yard.example;whoknows SIP/2.0
TO :
 sip:tomb@yard.example ;   tag    = 8t8t8t8n
from   : "A \\\\ Roofer \\\""       <sip:ann@roof.example>
  ;
  tag = 37z
MaX-fOrWaRdS: 0051
Call-ID: wsinv.0815abc@play
Content-Length   : LENGTH
cseq: 0004
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.7;branch=z9hG4bKwsinv
s :
NewThing:   something of which nobody
 has heard yet,
\twith a "quoted, text; in" it
UnknownToAll: some = thing ; else, and <more>
Content-Type: application/sdp
Route:
 <sip:porch.example;lr;what=ever;nothing>
v:  SIP  / 2.0  / TCP     gable.example   ;
  branch  =   z9hG4bKtwo  ,
 SIP  /    2.0   / UDP  192.0.2.99   ; branch=
 z9hG4bKthree
m:"Said \\"so\\"" <sip:ann@roof.example> ; unheard =
  of ; alone ; q = 0.25
""", SDP), PASSES, PASSES),
    Case("intmeth", "4475 3.1.1.2", "every character that a method, a user, a Call-ID and a token may have; NUL, BEL "
         "and DEL behind backslashes; UTF-8", sip("""\
-Odd.Method!%*_+`'~0123456789 sip:2_odd.User~(well!now)&it's+all$/right?,/;;*:&with=3,pass!*wo$rds~_too.(yes'so)@yard.example SIP/2.0
Via: SIP/2.0/UDP porch.example;branch=z9hG4bK.!%*_+`'~-intmeth
To: "Bell:\\\x07 Nul:\\\x00 Del:\\\x7f" <sip:2_odd.User~(well!now)&it's+all$/right?,/;;*@yard.example>
From: a1~` b2'+_ c3*%!.- <sip:ann@roof.example> ;p''~+*_!.-%="ψαλμός";tag=_t~1'+`*%!-.
Call-ID: odd.id%ZZ-!.*_+'`~)(><:\\/"][?}{@play
CSeq: 3 -Odd.Method!%*_+`'~0123456789
Max-Forwards: 255
X-Odd-!.%*+_`'~: 墓地の門
Content-Length: LENGTH
"""), PASSES, PASSES),
    Case("esc01", "4475 3.1.1.3", "an address escaped into a user part", sip("""\
INVITE sip:sips%3Atomb%40yard.example@roof.example SIP/2.0
To: sip:%74omb@yard.example
From: <sip:I%20am%20ann@roof.example>;tag=esc1
Max-Forwards: 80
Call-ID: esc01@play
CSeq: 1 INVITE
Via: SIP/2.0/UDP porch.example;branch=z9hG4bKesc01
Contact: <sip:ann@porch.example;lr;name=val%61e%25%32%31>
Content-Type: application/sdp
Content-Length: LENGTH
""", SDP), PASSES, PASSES),
    Case("escnull", "4475 3.1.1.4", "escaped NULs in users", sip("""\
REGISTER sip:yard.example SIP/2.0
To: sip:zero%00tail@yard.example
From: sip:zero%00tail@yard.example;tag=4
Max-Forwards: 70
Call-ID: escnull@play
CSeq: 11 REGISTER
Via: SIP/2.0/UDP porch.example;branch=z9hG4bKescnull
Contact: <sip:%00@porch.example>
Contact: <sip:%00%00@porch.example>
l:0
"""), PASSES, PASSES),
    Case("esc02", "4475 3.1.1.5", "percent signs that escape nothing: the method is not REGISTER",
         plain("esc02", "RE%47IST%45R", to='"%Y%30" <sip:tomb@yard.example>',
               sender='"%25%Q" <sip:ann@roof.example>;tag=f%31'),
         PASSES, PASSES),
    Case("lwsdisp", "4475 3.1.1.6", "no blank between display name and <",
         plain("lwsdisp", sender="ann<sip:ann@roof.example>;tag=37", to='"tomb"<sip:tomb@yard.example>'),
         PASSES, PASSES),
    Case("longreq", "4475 3.1.1.7", "everything is long", sip(f"""\
INVITE sip:{"tomb" * 40}@yard.example SIP/2.0
To: "{"I have a long name " * 12}" <sip:{"tomb" * 30}:{"secret" * 20}@yard.example:5060>
F: sip:{"ann" * 40}@roof.example;tag={"37" * 60};{"param" * 20}name={"value" * 20};{"alone" * 20}
Call-ID: longreq.{"reallylong" * 20}@play
CSeq: 3882340 INVITE
Unknown-{"Long-" * 25}Name: unknown-{"long-" * 30}value; unknown-{"long-" * 30}parameter
Via: SIP/2.0/UDP {"long." * 12}porch.example;branch=z9hG4bKlongreq
Max-Forwards: 70
""" + "".join(f"v: SIP/2.0/TCP host{n}.yard.example;branch=z9hG4bK-{n}-{'b' * 40}\n" for n in range(30)) + f"""\
Contact: <sip:{"annabel" * 30}@porch.{"so." * 30}example>
Content-Type: application/sdp
l: LENGTH
""", SDP), PASSES, PASSES),
    Case("dblreq", "4475 3.1.1.8", "a second request behind the first: in one datagram nobody hears it, in a stream "
                                   "it is "
         "the next", FIRST + plain("dblreq2", "INVITE"), PASSES, PASSES, first=len(FIRST)),
    Case("semiuri", "4475 3.1.1.9", "parameters inside the user part",
         plain("semiuri", uri="sip:tomb;way=o%40porch.example@yard.example"), PASSES, PASSES),
    Case("transports", "4475 3.1.1.10", "Vias of transports known and unknown", sip("""\
OPTIONS sip:tomb@yard.example SIP/2.0
Via: SIP/2.0/UDP t1.roof.example;branch=z9hG4bKtransports
Via: SIP/2.0/SCTP t2.roof.example;branch=z9hG4bK2t
Via: SIP/2.0/TLS t3.roof.example;branch=z9hG4bK3t
Via: SIP/2.0/PIGEON t4.roof.example;branch=z9hG4bK4t
Via: SIP/2.0/TCP t5.roof.example;branch=z9hG4bK5t
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>
Call-ID: transports@play
CSeq: 60 OPTIONS
Max-Forwards: 70
Content-Length: LENGTH
"""), PASSES, PASSES),
    Case("mpart01", "4475 3.1.1.11", "a body of several parts, one of them binary, with NULs and empty lines",
         plain("mpart01", "MESSAGE", more="Content-Type: multipart/mixed;boundary=tombstone\n",
               body=PARTS),
         PASSES, PASSES),
    Case("unreason", "4475 3.1.1.12", "a reason in UTF-8, with signs that mean something elsewhere", sip("""\
SIP/2.0 200 = 2**3 * 5**2 и так далее: "да", <нет>; %20
VIAS
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>;tag=99
Call-ID: unreason@play
CSeq: 35 INVITE
Contact: <sip:tomb@192.0.2.88>
Content-Type: application/sdp
Content-Length: LENGTH
""", SDP), PASSES, PASSES),
    Case("noreason", "4475 3.1.1.13", "no reason behind the blank", sip("""\
SIP/2.0 100\x20
VIAS
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>
Call-ID: noreason@play
CSeq: 36 INVITE
Content-Length: LENGTH
"""), PASSES, PASSES),
]

INVALID = [
    Case("badinv01", "4475 3.1.2.1", "separators with nothing between them, in Via too", sip("""\
INVITE sip:tomb@yard.example SIP/2.0
To: <sip:tomb@yard.example>
From: <sip:ann@roof.example>;tag=37
Max-Forwards: 7
Call-ID: badinv01@play
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.7;;,;,,
Contact: "Ann" <sip:ann@192.0.2.7>;;;;
Content-Type: application/sdp
Content-Length: LENGTH
""", SDP), PASSES, 400),
    Case("clerr", "4475 3.1.2.2", "a Content-Length beyond the end of the datagram: in a stream the rest is to come",
         plain("clerr", "INVITE", more="Content-Type: application/sdp\n", body=SDP)
         .replace(b"Content-Length: ", b"Content-Length: 9"),
         PASSES, PASSES, 400, stream=b"=" * 900),
    Case("ncl", "4475 3.1.2.3", "a negative Content-Length",
         plain("ncl", more="Content-Type: application/sdp\n", body=SDP)
         .replace(b"Content-Length: ", b"Content-Length: -"),
         closes(400), closes(400)),
    Case("scalar02", "4475 3.1.2.4", "numbers that no register holds, in CSeq too",
         plain("scalar02", "REGISTER", cseq="36893488147419103233 REGISTER", hops="300",
               more="Expires: 10000000000000000000000000000000000001\n"), 400, 400),
    Case("scalarlg", "4475 3.1.2.5", "the same in a response", sip("""\
SIP/2.0 503 Too large
VIAS
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>;tag=99
Call-ID: scalarlg@play
CSeq: 9292394834772304023317 OPTIONS
Retry-After: 949302838503028349304023987
Warning: 1812 porch.example "too much"
Content-Length: LENGTH
"""), DROPPED, DROPPED),
    Case("quotbal", "4475 3.1.2.6", "a quote in To that does not end",
         plain("quotbal", "INVITE", to='"Mr. T. Tomb <sip:tomb@yard.example>'), PASSES, 400),
    Case("ltgtruri", "4475 3.1.2.7", "<> around the Request-URI",
         plain("ltgtruri", "INVITE", uri="<sip:tomb@yard.example>"), 400, 400),
    Case("lwsruri", "4475 3.1.2.8", "a blank inside the Request-URI",
         plain("lwsruri", "INVITE", uri="sip:tomb@yard.example; lr"),
         400, 400),
    Case("lwsstart", "4475 3.1.2.9", "more than one blank between the parts of the request line",
         plain("lwsstart", "INVITE", cseq="7 INVITE", uri=" sip:tomb@yard.example "), 400, 400),
    Case("trws", "4475 3.1.2.10", "blanks behind the request line", plain("trws", version="SIP/2.0  "), 400, 400),
    Case("escruri", "4475 3.1.2.11", "headers in the Request-URI",
         plain("escruri", "INVITE", uri="sip:tomb@yard.example?Route=%3Csip:porch.example%3E"), PASSES, 400),
    Case("baddate", "4475 3.1.2.12", "a time zone that is not GMT",
         plain("baddate", "INVITE", more="Date: Fri, 01 Jan 2010 16:00:00 EST\n"),
         PASSES, PASSES),
    Case("regbadct", "4475 3.1.2.13", "a question mark in a Contact without <>",
         plain("regbadct", "REGISTER", uri="sip:yard.example",
               more="m: sip:tomb@yard.example?Route=%3Csip:porch.example%3E\nExpires: 60\n"),
         PASSES, PASSES),
    Case("badaspec", "4475 3.1.2.14", "blanks inside <>",
         plain("badaspec", to='"Tomb, T." < sip:tomb@yard.example >'), PASSES, PASSES),
    Case("baddn", "4475 3.1.2.15", "a display name that needed quotes",
         plain("baddn", sender="Roofer, Ann <sip:ann@roof.example>;tag=43", to="Tomb, T. <sip:tomb@yard.example>"),
         PASSES, PASSES),
    Case("badvers", "4475 3.1.2.16", "a version to come", plain("badvers", version="SIP/7.1"), 505, 505),
    Case("mismatch01", "4475 3.1.2.17", "CSeq names another method", plain("mismatch01", cseq="8 INVITE"), 400, 400),
    Case("mismatch02", "4475 3.1.2.18", "CSeq names another method than an unknown one",
         plain("mismatch02", "NovelMethod", cseq="8 INVITE"), 400, 400),
    Case("bigcode", "4475 3.1.2.19", "a status code that is none", sip("""\
SIP/2.0 4294967497 it was a 200 once
VIAS
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>;tag=99
Call-ID: bigcode@play
CSeq: 37 INVITE
Content-Length: LENGTH
"""), DROPPED, DROPPED),
]

TRANSACTION = [
    Case("badbranch", "4475 3.2.1", "a branch that is nothing but the magic cookie",
         plain("", via="SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK", call_id="badbranch@play"), PASSES, PASSES),
]

APPLICATION = [
    Case("insuf", "4475 3.3.1", "no From, To or Call-ID, so that no answer can be written", sip("""\
INVITE sip:tomb@yard.example SIP/2.0
CSeq: 193942 INVITE
Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKinsuf
Content-Type: application/sdp
l: LENGTH
""", SDP), CLOSES, CLOSES),
    Case("unkscm", "4475 3.3.2", "a Request-URI of a scheme that nobody knows",
         plain("unkscm", uri="lychway:nobody-knows@where"), PASSES, 416),
    Case("novelsc", "4475 3.3.3", "a Request-URI of a scheme that others know",
         plain("novelsc", uri="soap.beep://192.0.2.103:3002"),
         PASSES, 416),
    Case("unksm2", "4475 3.3.4", "unknown schemes in From, To and Contact",
         plain("unksm2", "REGISTER", uri="sip:yard.example", to="isbn:2983792873",
               sender="<http://roof.example>;tag=32", more="Contact: <name:John_Roofer>\n"), PASSES, PASSES),
    Case("bext01", "4475 3.3.5", "extensions that nobody has", plain("bext01", more="""\
Require: belfry, spire
Proxy-Require: gargoyle, weathercock
"""), PASSES, 420),
    Case("invut", "4475 3.3.6", "a body of a type that nobody knows",
         plain("invut", "INVITE", more="Content-Type: application/unheard-of\n",
               body=b"<audio>\n <pcmu port='443'/>\n</audio>\n"),
         PASSES, PASSES),
    Case("regaut01", "4475 3.3.7", "an authorization scheme that nobody knows",
         plain("regaut01", "REGISTER", uri="sip:yard.example",
               more="Authorization: NoOneKnowsIt opaque-data=here, more=\"of, it\"\n"), PASSES, PASSES),
    Case("multi01", "4475 3.3.8", "two of everything that there may be only one of, and they differ", sip("""\
INVITE sip:tomb@yard.example SIP/2.0
CSeq: 5 INVITE
Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKmulti01
Max-Forwards: 70
CSeq: 59 INVITE
Call-ID: multi01.one@play
Call-ID: multi01.two@play
From: <sip:ann@roof.example>;tag=37
From: <sip:bob@roof.example>;tag=38
To: <sip:tomb@yard.example>
To: <sip:tree@yard.example>
Max-Forwards: 5
Contact: <sip:ann@192.0.2.7>
Content-Type: application/sdp
l: LENGTH
""", SDP), CLOSES, CLOSES),
    Case("mcl01", "4475 3.3.9", "two Content-Lengths that differ",
         plain("mcl01", more="Content-Type: text/plain\nContent-Length: 5\n", body=b"There is no way to know.\r\n"),
         closes(400), closes(400)),
    Case("bcast", "4475 3.3.10", "a response whose Via is an address of all, and none of ours", sip("""\
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.254;branch=z9hG4bKbcast
Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKlychbcast
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>;tag=99
Call-ID: bcast@play
CSeq: 38 INVITE
Content-Length: LENGTH
"""), PASSES, DROPPED),
    Case("zeromf", "4475 3.3.11", "no hops left", plain("zeromf", hops="0"), PASSES, 483),
    Case("cparam01", "4475 3.3.12", "an unknown header parameter of Contact",
         plain("cparam01", "REGISTER", uri="sip:yard.example",
               more="Contact: sip:+19725550105@porch.example;unheard\n"),
         PASSES, PASSES),
    Case("cparam02", "4475 3.3.13", "an unknown parameter of the URI in Contact",
         plain("cparam02", "REGISTER", uri="sip:yard.example",
               more="Contact: <sip:+19725550105@porch.example;unheard>\n"),
         PASSES, PASSES),
    Case("regescrt", "4475 3.3.14", "a header escaped into the URI of Contact",
         plain("regescrt", "REGISTER", uri="sip:yard.example",
               more="Contact: <sip:tomb@yard.example?Route=%3Csip:sip.porch.example%3E>\n"), PASSES, PASSES),
    Case("sdp01", "4475 3.3.15", "nothing that can be answered is accepted",
         plain("sdp01", "INVITE", more="Accept: text/nobody-has-it\nContent-Type: application/sdp\n", body=SDP),
         PASSES, PASSES),
]

OLD = [
    Case("inv2543", "4475 3.4.1", "as of 1999: no branch, no tag, no Max-Forwards, a bare From, no Content-Length, "
                                  "which a "
         "stream cannot do without", sip("""\
INVITE sip:TombUser@yard.example SIP/2.0
Via: SIP/2.0/UDP porch.example
Record-Route: <sip:tombuser@192.0.2.88;maddr=192.0.2.88>
From: sip:ann@roof.example;user=phone
To: sip:TombUser@yard.example
Call-ID: inv2543@play
CSeq: 1 INVITE
Contact: <sip:ann@192.0.2.7>
Content-Type: application/sdp
""", SDP), closes(400), closes(400), PASSES),
    Case("inv2543-length", "4475 3.4.1", "the same, but for the Content-Length", sip("""\
INVITE sip:TombUser@yard.example SIP/2.0
Via: SIP/2.0/UDP porch.example
From: sip:ann@roof.example;user=phone
To: sip:TombUser@yard.example
Call-ID: inv2543-length@play
CSeq: 1 INVITE
Contact: <sip:ann@192.0.2.7>
Content-Type: application/sdp
Content-Length: LENGTH
""", SDP), PASSES, PASSES),
]

RFC4475 = VALID + INVALID + TRANSACTION + APPLICATION + OLD

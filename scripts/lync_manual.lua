-- SPDX-License-Identifier: Apache-2.0
-- lync_manual.lua: lychgate-lync(7), made of lync_words.lua and lync_ports.lua by manual.lua, whose means it is given.

local ports = use "lync_ports"
local words = use "lync_words"

local head = [[
.TH LYCHGATE\-LYNC 7 "" lychgate "lychgate manual"
.SH NAME
lychgate\-lync \- words for whole pools of Lync Server and Skype for Business
.SH SYNOPSIS
.nf
include "lync"

lync.version "2013"
lync.front_end_pool {
  name = "pool.corp.example", vip = "192.0.2.61",
  servers = { ["fe01.corp.example"] = "192.0.2.21", ["fe02.corp.example"] = "192.0.2.22" },
  certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "ca.pem",
}
.fi
.SH DESCRIPTION
After
.B include \(dqlync\(dq
a configuration, lychgate.conf(5), has words that each stand for all listeners, pools and tls words of a pool of
servers.
They may stand in any order and among ordinary words.
What is made is checked as if it had been written; a mistake in it is told on the line that it comes from.
.PP
.B lychgate \-\-explain \-c FILE
prints what the words come to,
.B \-\-dns
the names to enter in the DNS,
.B \-\-certificates
the names that each certificate must carry, and which of them the files lack; what they lack is a warning of
.B \-t
and of the start, too.
.SS Names of what is made, and how to change it
A listener is called POOLNAME\-PORT, a pool POOLNAME\-PORT with the servers' port.
Web services (80, 443, 4443, 8080) of front ends and directors have the side behind that: \-inside, \-outside, or
\-proxy for what lync.reverse_proxy publishes; all ports of an Edge have theirs: \-inside, \-access, \-webconf, \-av.
A second address of the reverse proxy for the same pool has the address behind its name, and a second pool at the same
port, where one site is decrypted and another is not, its plugin.
The tls words are called POOLNAME\-tls, POOLNAME\-web\-tls, POOLNAME\-proxy\-tls, POOLNAME\-server\-tls (a proxy's
towards servers that have no web_certificate) and reverse\-proxy\-tls.
.PP
An ordinary word with such a name, before or after, changes what was made: each of its keys takes the place of the made
one.
The tables limits, monitor, options and persistence are merged key by key, but a monitor that has plugin or track
replaces the made one.
Beside another plugin, options and policies that were made are gone, and with an address without TLS tls, verify and
peers.
.PP
.nf
.RS
pool "pool.corp.example\-5061" { balance = "hash", monitor = { interval = "10s" } }
.RE
.fi
.SS How ports are served
5061 is taken by plugin sip where there is a certificate for it: clients stay with one server, what trusted servers send
is spread by Call\-ID, compression is refused, and all names of the topology are peers.
Without a certificate its bytes are passed on, and a client's address stays with one server.
Web services are taken by plugin https where there is a web_certificate: each request of a connection finds a server by
itself, until NTLM or Negotiate signs the client in, who then has a link of its own; an answer may take 960 s, for
phones wait 900 s, and links may rest for 1800 s.
Without it, sites that share a port are told apart by the name in the TLS greeting.
444, 448, 5062, 5065, 507x, 5080, 5269 and everything outside an Edge are never decrypted.
.PP
All ports of a pool that persist by source share one table: a client has the same server on each.
External web services that persist by nothing may be behind a reverse proxy, where all clients have one address: with
cookies they persist by cookie, and never by source.
When a server goes down, the sessions that it had end over some seconds (on_down), so that clients come back elsewhere:
a host that has lost its power ends none by itself.
Web services are as healthy as 5061 of their server, which is asked by SIP in clear on probe_port; 3478 is asked by
STUN, 135 by a bind to the endpoint mapper, and what has no question of its own by a connect.
A machine is called by its name in every pool:
.B lychctl server drain fe01.corp.example
takes it out of all its ports, and
.B enable
brings it back.
.PP
Two of the vendor's ports share 443: the servers' 443 and their 4443.
The names in web_names lead to 4443.
.SS Weak TLS
With version 2010 and 2013 each tls word that is made takes TLS 1.0 and SHA\-1, for clients and servers of these
versions know nothing better, unless minimum and sha1 say otherwise; not POOLNAME\-server\-tls of lync.web_apps and
lync.exchange, which is spoken by the gateway to servers of another kind.
.B lychgate \-t
lists each as weak.
From 2015 on neither is taken.]]

local differ = [[
.SH RULES
.B rules = \(dqmicrosoft\(dq
is what the vendor's planning pages ask of a hardware load balancer,
.B rules = \(dqguide\(dq
what the deployment guide of a well known controller has for the same pools.
They differ in these, which the table of ports shows row by row:
.TP
.B 443 of front ends and directors
The guide takes it for SIP, conferences and STUN of remote users as well, inside and outside, so it is not decrypted
there; the vendor has those at the Edge, and on this port web services alone.
The guide has two virtual servers on this port, to 443 and to 4443; here they are one address, told apart by the name in
the TLS greeting.
Without web_names the guide's second row of 443 is left out, with a warning.
.TP
.B 80 inside
leads to 80 by the vendor, to 8080 by the guide.
4443 and 8080 are ports of the address inside, too, by the vendor, for a reverse proxy in front.
.TP
.B Persistence of external web services
The vendor wants none since version 2013, also at 4443 and 8080 and for web_names inside; the guide has source on 443,
and none on 80 outside.
.TP
.B Persistence of directors
The vendor wants source on web services inside, the guide has none; what the vendor leaves open, 444 and 5061, goes with
them.
sip = \(dqsource\(dq is source by both.
.TP
.B The Edge's inside
The guide repeats the directors' table; the vendor has 443, 5061, 5062 and 3478.
.TP
.B Names of external sites in the DNS inside
By the vendor phones inside go to the reverse proxy, too: lyncdiscover and web_names have its address there if it
publishes them.
The guide leads lyncdiscover to the directors and web_names to their pool.
.TP
.B ucupdates\-r2 in certificates
The guide asks for it without the domain as well, as devices do that have not learnt it.
.TP
.B Media at the Edge
The vendor wants servers to see the client's own address: source = \(dqtransparent\(dq, which needs routes,
lychgate\-network(7).
.PP
In these they differ on paper, and are served alike by both:
.TP
.B 5061
The guide prints TCP, with source for front ends and none for directors, and recommends SIP over TLS by Call\-ID for
both; the latter is taken wherever there is a certificate.
.TP
.B 5065 and 5070
The guide has 5065 alone, the vendor 5070: both are opened.
.TP
.B 444 of directors
is in the guide's part on certificates only.
.TP
.B 5269 of the Edge
is not in the guide's table, but in its text.]]

local tail = [[
.SH FILES
.I examples/lync-all-in-one.lua
beside the gateway's scripts is a whole deployment.
.SH SEE ALSO
.BR lychgate (8),
.BR lychgate.conf (5),
.BR lychgate\-sip (7),
.BR lychgate\-https (7),
.BR lychgate\-network (7)]]

local function cell(v)
  if v == nil then return "-" end
  if type(v) ~= "table" then return tostring(v) end
  if v.microsoft == nil and v.guide == nil then return "as its pool's" end
  return (v.microsoft or "none") .. ", guide: " .. (v.guide or "none")
end

local function remark(row)
  local list = {}
  if row.rules then list[#list + 1] = "only by " .. row.rules end
  if row.named then list[#list + 1] = row.named == true and "by web_names" or "guide: by web_names" end
  if row.asked then list[#list + 1] = "with " .. row.asked .. " = true" end
  if row.last then list[#list + 1] = "until " .. row.last end
  return #list > 0 and " (" .. table.concat(list, ", ") .. ")" or ""
end

local function port_rows(m)
  local title
  m.line(".SH PORTS")
  for _, row in ipairs(ports) do
    local this = row.role == "proxy" and "lync.reverse_proxy" or "lync." .. row.role .. ", " .. row.side
    if this ~= title then m.line('.SS "' .. m.plain(this) .. '"') end
    title = this
    local to = type(row.server) == "table" and "the pool's" or tostring(row.server)
    m.line(".TP")
    m.line(string.format(".B %d/%s to %s%s", row.port, row.transport, to, m.plain(remark(row))))
    m.paragraph(m.sentence(row.carries))
    m.paragraph(string.format("Plugin: %s. Persistence: %s. Monitor: %s.", cell(row.plugin), cell(row.persistence),
      row.monitor or "as its pool's"))
  end
end

local function value_of(w)
  if w.value.choices then return '"' .. table.concat(w.value.choices, '" | "') .. '"' end
  return "a list of names"
end

return function(m)
  m.line('.\\" Made from the tables that the gateway reads: a change belongs there.')
  m.line(head)
  for _, w in ipairs(words) do
    m.line('.SH "' .. w.word .. '"')
    m.paragraph(m.sentence(w.help))
    if w.value then
      m.paragraph("Value: " .. value_of(w) .. ". Default: " .. (w.value.default or w.unset) .. ".")
    else
      m.keys(w.keys, w.word)
      if w.of then
        m.line('.SS "each site of ' .. w.word .. '"')
        m.keys(w.of, w.word)
      end
    end
  end
  port_rows(m)
  m.line(differ)
  m.line(tail)
end

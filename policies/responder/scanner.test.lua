local function from(agent, transport)
	return { side = "client", transport = transport or "udp", ["header.user-agent"] = agent }
end

return {
	{ name = "silence over UDP", facts = from("friendly-scanner"), expect = drop() },
	{ name = "a reply over TCP", facts = from("friendly-scanner", "tcp"), expect = reply(403, "Forbidden") },
	{ name = "a reply over TLS", facts = from("sipvicious", "tls"), expect = reply(403) },
	{ name = "a version does not matter", facts = from("sipcli/v1.8"), expect = drop() },
	{ name = "nor does the case", facts = from("SIPVicious"), expect = drop() },
	{ name = "a phone", facts = from("UCCAPI/15.0 OC/15.0"), expect = pass() },
	{ name = "a name in the middle is another name", facts = from("not-sipcli"), expect = pass() },
	{ name = "no name", facts = from(nil), expect = pass() },
	{ name = "what a server sends", expect = pass(),
	  facts = { side = "server", transport = "udp", ["header.user-agent"] = "sipcli" } },
	{ name = "one more", facts = from("OldPhone/1"), options = { add = { "oldphone/" } }, expect = drop() },
	{ name = "only our own", facts = from("sipcli"), options = { known = false, add = { "oldphone/" } },
	  expect = pass() },
	{ name = "always silence", facts = from("sipcli", "tls"), options = { answer = "silence" }, expect = drop() },
	{ name = "always a reply", facts = from("sipcli"), options = { answer = "reply", code = 480, reason = "Gone" },
	  expect = reply(480, "Gone") },
	{ name = "answer is one of three", options = { answer = "silense" },
	  expect = refused('"silense" is not one of') },
	{ name = "a reply refuses", options = { code = 200 }, expect = refused("200 is less than 400") },
}

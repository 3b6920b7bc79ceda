local to = "<sip:sip.example>"
local us = { side = "client", method = "OPTIONS", ["header.to"] = to, ["uri.domain"] = "sip.example" }

local function with(more)
	local facts = {}
	for name, value in pairs(us) do facts[name] = value end
	for name, value in pairs(more) do facts[name] = value end
	return facts
end

local ours = { domains = { "sip.example", "192.0.2.1" } }

return {
	{ name = "to the gateway", facts = us, expect = reply(200, "OK") },
	{ name = "by its name", facts = us, options = ours, expect = reply(200) },
	{ name = "by its address", facts = with{ ["uri.domain"] = "192.0.2.1" }, options = ours, expect = reply(200) },
	{ name = "names have no case", facts = with{ ["uri.domain"] = "SIP.Example" }, options = ours,
	  expect = reply(200) },
	{ name = "another's name", facts = with{ ["uri.domain"] = "elsewhere.example" }, options = ours,
	  expect = pass() },
	{ name = "to a user", facts = with{ ["uri.user"] = "alice" }, expect = pass() },
	{ name = "to a user, with any", facts = with{ ["uri.user"] = "alice" }, options = { any = true },
	  expect = reply(200) },
	{ name = "any beats domains", facts = with{ ["uri.domain"] = "x.example" },
	  options = { any = true, domains = { "sip.example" } }, expect = reply(200) },
	{ name = "inside a dialog", facts = with{ ["header.to"] = to .. ";tag=1" }, expect = pass() },
	{ name = "inside a dialog, other spelling", facts = with{ ["header.to"] = to .. " ; x ; TAG = 1" },
	  expect = pass() },
	{ name = "inside a dialog, without brackets", facts = with{ ["header.to"] = "sip:sip.example;tag=1" },
	  expect = pass() },
	{ name = "a parameter is no dialog", facts = with{ ["header.to"] = to .. ";x=1" }, expect = reply(200) },
	{ name = "other methods", facts = with{ method = "INVITE" }, expect = pass() },
	{ name = "what a server asks", facts = with{ side = "server" }, expect = pass() },
	{
		name = "the headers",
		facts = us,
		options = { allow = "INVITE", accept = "text/plain", supported = "path" },
		expect = reply(200, "OK",
			{ Allow = "INVITE", Accept = "text/plain", Supported = "path", ["Accept-Language"] = "en" }),
	},
	{
		name = "a message",
		plugin = "sip",
		message = "OPTIONS sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1\n"
			.. "From: <sip:a@x>;tag=1\nTo: <sip:192.0.2.1>\nCall-ID: 1\nCSeq: 1 OPTIONS\n"
			.. "Max-Forwards: 70\nContent-Length: 0\n\n",
		expect = reply(200, "OK"),
	},
	{ name = "any is true or false", options = { any = "yes" }, expect = refused("is neither true nor false") },
}

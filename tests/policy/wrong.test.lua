-- Cases that must fail, of the policy words.lua: wrong.sh counts their lines.
return {
	{ name = "another verdict", expect = drop() },
	{ name = "another pool", options = { say = "route", to = "emea" }, expect = route("front") },
	{ name = "another server", options = { say = "pick" }, expect = pick(1) },
	{ name = "another code", options = { say = "reply" }, expect = reply(500) },
	{ name = "another reason", options = { say = "reply" }, expect = reply(503, "wait") },
	{ name = "another header", options = { say = "reply" }, expect = reply(503, "Wait", { Each = "" }) },
	{ name = "another edit", options = { say = "edit" }, expect = edit{ remove = { "server" } } },
	{ name = "an edit of requests, not of answers", options = { say = "edit" },
	  expect = edit{ set = { ["x-wait"] = "5000" }, remove = { "server" },
	    answer = { ["x-wait"] = "no", server = "" } } },
	{ name = "another failure", options = { say = "fail" }, expect = fails("of its own") },
	{ name = "an unknown option", options = { hear = "nothing" }, expect = pass() },
	{ name = "an option of another type", options = { say = 5 }, expect = pass() },
	{ name = "a duration without unit", options = { wait = "5" }, expect = pass() },
}

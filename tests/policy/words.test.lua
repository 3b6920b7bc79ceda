return {
	{ name = "a case needs no more than this", expect = pass() },
	{ name = "route to a pool of its own", options = { say = "route" }, expect = route("front") },
	{ name = "a server by its place", options = { say = "pick" }, expect = pick(2) },
	{ name = "route to a pool of the options", options = { say = "route", to = "emea" }, expect = route("emea") },
	{ name = "reply: the code", options = { say = "reply" }, expect = reply(503) },
	{ name = "reply: and the reason", options = { say = "reply" }, expect = reply(503, "Wait") },
	{
		name = "reply: and the headers; durations are milliseconds",
		facts = { fact = "here" },
		options = { say = "reply", waits = { "1m", "2ms" } },
		expect = reply(503, "Wait", { ["Retry-After"] = "5000", Each = "60000 2", Fact = "here" }),
	},
	{
		name = "edits; names have no case",
		options = { say = "edit" },
		expect = edit{ set = { ["x-wait"] = "5000" }, remove = { "server" },
			answer = { ["x-wait"] = "no", server = false } },
	},
	{
		name = "an edit that is not declared",
		options = { say = "edit what is not declared" },
		expect = fails("'Subject' is not in `edits`"),
	},
	{ name = "drop", options = { say = "drop" }, expect = drop() },
	{ name = "unavailable", options = { say = "unavailable" }, expect = unavailable() },
	{ name = "a failure", options = { say = "fail" }, expect = fails() },
	{ name = "a certain failure", options = { say = "fail" }, expect = fails("told to fail") },
}

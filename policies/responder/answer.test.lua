return {
	{ name = "200 unless told otherwise", expect = reply(200, "OK", {}) },
	{
		name = "another status",
		options = { code = 503, reason = "Back at noon" },
		expect = reply(503, "Back at noon", {}),
	},
	{ name = "the server's name", options = { server = "one" },
	  expect = reply(200, "OK", { ["X-Server"] = "one" }) },
	{ name = "no status at all", options = { code = 42 }, expect = fails("reply code 42") },
}

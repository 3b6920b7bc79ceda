return {
	{ name = "nothing to edit", expect = edit{} },
	{
		name = "a header is set",
		options = { set = { ["x-gateway"] = "lychgate" } },
		expect = edit{ set = { ["x-gateway"] = "lychgate" } },
	},
	{
		name = "names have no case",
		options = { set = { ["X-Gateway"] = "Lychgate" }, remove = { "User-Agent" } },
		expect = edit{ set = { ["x-gateway"] = "Lychgate" }, remove = { "user-agent" } },
	},
	{
		name = "headers go",
		options = { remove = { "user-agent", "organization" } },
		expect = edit{ remove = { "organization", "user-agent" } },
	},
	{
		name = "answers",
		options = { answer = { server = false, ["x-gateway"] = "lychgate" } },
		expect = edit{ answer = { server = false, ["x-gateway"] = "lychgate" } },
	},
	{
		name = "one header in both directions",
		options = { set = { ["x-gateway"] = "in" }, answer = { ["x-gateway"] = "out" } },
		expect = edit{ set = { ["x-gateway"] = "in" }, answer = { ["x-gateway"] = "out" } },
	},
	{
		name = "a header is set or removed, not both",
		options = { set = { server = "none" }, remove = { "Server" } },
		expect = fails("'server' is there twice"),
	},
	{
		name = "a value is one line",
		options = { set = { ["x-gateway"] = "one\r\nx-evil: yes" } },
		expect = refused("control characters"),
	},
}

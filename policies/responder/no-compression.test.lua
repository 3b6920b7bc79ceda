return {
	{
		name = "a request for compression is refused",
		facts = { method = "NEGOTIATE", ["header.compression"] = "LZ77-64K" },
		expect = reply(400, "Bad Request"),
	},
	{
		name = "whatever the compression",
		facts = { method = "NEGOTIATE", ["header.compression"] = "" },
		expect = reply(400),
	},
	{
		name = "NEGOTIATE for something else passes",
		facts = { method = "NEGOTIATE" },
		expect = pass(),
	},
	{
		name = "methods are case-sensitive",
		facts = { method = "negotiate", ["header.compression"] = "LZ77-64K" },
		expect = pass(),
	},
	{
		name = "the header alone asks for nothing",
		facts = { method = "REGISTER", ["header.compression"] = "LZ77-64K" },
		expect = pass(),
	},
	{
		name = "nothing to go by",
		facts = {},
		expect = pass(),
	},
}

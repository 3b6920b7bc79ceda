local options = {
	header = "X-Site",
	values = { berlin = "emea", ["us-east"] = "east" },
	prefixes = { ["us-"] = "america", ["us-w"] = "west", Asia = "apac" },
}

local function case(name, value, expect)
	return { name = name, plugin = "sip", options = options, facts = { ["header.x-site"] = value },
		expect = expect }
end

local exact = { header = "x-site", values = { Berlin = "emea" }, prefixes = { ["US-"] = "america" }, case = true }

return {
	case("a value", "berlin", route("emea")),
	case("values have no case", "Berlin", route("emea")),
	case("a value wins over prefixes", "us-east", route("east")),
	case("a prefix", "us-north", route("america")),
	case("the longest prefix wins", "us-west", route("west")),
	case("prefixes have no case", "aSIA-7", route("apac")),
	case("a value is the whole of it", "berlin-2", pass()),
	case("unknown", "elsewhere", pass()),
	case("empty", "", pass()),
	case("no such header", nil, pass()),
	{ name = "with case", options = exact, facts = { ["header.x-site"] = "Berlin" }, expect = route("emea") },
	{ name = "with case, another", options = exact, facts = { ["header.x-site"] = "berlin" }, expect = pass() },
	{ name = "with case, a prefix", options = exact, facts = { ["header.x-site"] = "us-1" }, expect = pass() },
	{
		name = "https",
		plugin = "https",
		options = { header = "x-site", values = { berlin = "emea" } },
		message = "GET / HTTP/1.1\nHost: www.example\nX-Site: berlin\n\n",
		expect = route("emea"),
	},
	{ name = "it needs a map", options = { header = "x-site" }, expect = refused("needs `values` or `prefixes`") },
	{ name = "the header is required", plugin = "sip", options = {}, expect = refused("`header` is missing") },
	{ name = "not every plugin has headers", plugin = "tcp", options = exact,
	  expect = refused("this policy is for plugin `sip` or `https`, the listener speaks `tcp`") },
}

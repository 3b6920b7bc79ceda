local options = {
	networks = {
		["10.0.0.0/8"] = "inside",
		["10.9.0.0/16"] = "lab",
		["10.9.8.7"] = "one",
		["2001:db8::/32"] = "six",
		["2001:db8:0:1::/64"] = "near",
	},
}

local function case(source, expect)
	return { name = source or "no address", options = options, facts = { source = source }, expect = expect }
end

return {
	case("10.1.2.3", route("inside")),
	case("10.9.0.1", route("lab")),
	case("10.9.8.7", route("one")),
	case("10.9.8.8", route("lab")),
	case("11.0.0.1", pass()),
	case("2001:db8::1", route("six")),
	case("2001:db8:0:1::1", route("near")),
	case("2001:db9::1", pass()),
	case(nil, pass()),
	{ name = "all of IPv4 is no IPv6", plugin = "sip", options = { networks = { ["0.0.0.0/0"] = "four" } },
	  facts = { source = "::1" }, expect = pass() },
	{ name = "all of IPv6", plugin = "sip", options = { networks = { ["::/0"] = "all" } },
	  facts = { source = "::1" }, expect = route("all") },
	{ name = "a network is one", plugin = "sip", options = { networks = { ["10.0.0.0/33"] = "a" } },
	  expect = refused('"10.0.0.0/33" is not a network') },
	{ name = "no bits behind its own", plugin = "sip", options = { networks = { ["10.1.2.3/8"] = "a" } },
	  expect = refused('did you mean "10.0.0.0/8"?') },
	{ name = "networks are required", plugin = "sip", expect = refused("`networks` is missing") },
}

local options = {
	domains = {
		["sales.example"] = "emea",
		["*.asia.example"] = "apac",
		["*.japan.asia.example"] = "japan",
		["hq.asia.example"] = "hq",
	},
}

local function case(name, domain, expect)
	return { name = name, options = options, facts = { ["to.domain"] = domain }, expect = expect }
end

return {
	case("a domain by its name", "sales.example", route("emea")),
	case("domains have no case", "Sales.EXAMPLE", route("emea")),
	case("a name is not what lies below it", "north.sales.example", pass()),
	case("a name is not what ends like it", "presales.example", pass()),
	case("below a star", "tokyo.asia.example", route("apac")),
	case("far below a star", "a.b.c.asia.example", route("apac")),
	case("the longest star wins", "a.japan.asia.example", route("japan")),
	case("a name wins over a star", "hq.asia.example", route("hq")),
	case("a star is not the domain itself", "asia.example", pass()),
	case("unknown", "elsewhere.example", pass()),
	case("an address", "192.0.2.1", pass()),
	case("dots only", "...", pass()),
	case("empty", "", pass()),
	case("no domain at all", nil, pass()),
}

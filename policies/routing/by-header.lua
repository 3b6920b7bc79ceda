-- Routes a request by the value of a header:
--
--     policies = { { "routing/by-header", header = "x-site",
--                    values = { berlin = "emea" }, prefixes = { ["us-"] = "america" } } }
--
-- A value in `values` wins over prefixes, and the longest prefix over the others; letters count as the same whatever
-- their case, unless `case` is true.  Several lines of the header are one value, joined by ", ".  What fits nothing
-- passes on to the next policy, and at last to the listener's pool.

local function in_case(text, o)
	return o.case and text or text:lower()
end

local function of_value(value, o)
	for text, pool in pairs(o.values) do
		if in_case(text, o) == value then
			return pool
		end
	end
end

local function of_prefix(value, o)
	local longest, found = -1, nil
	for prefix, pool in pairs(o.prefixes) do
		if #prefix > longest and value:prefix(in_case(prefix, o)) then
			longest, found = #prefix, pool
		end
	end
	return found
end

return {
	plugin = { "sip", "https" },
	reads = function(o)
		if not next(o.values) and not next(o.prefixes) then
			error("routing/by-header needs `values` or `prefixes`")
		end
		return { "header." .. o.header:lower() }
	end,
	options = {
		header = { type = "string", required = true, help = "the header's name" },
		values = { type = "map", of = "pool", default = {}, help = "values, and the pool of each" },
		prefixes = { type = "map", of = "pool", default = {}, help = "how values begin, and the pool of each" },
		case = { type = "boolean", default = false, help = "whether upper and lower case differ" },
	},

	decide = function(m, o)
		local value = m["header." .. o.header:lower()]
		if not value then
			return nil
		end
		value = in_case(value, o)
		local pool = of_value(value, o) or of_prefix(value, o)
		if pool then
			return route(pool)
		end
	end,
}

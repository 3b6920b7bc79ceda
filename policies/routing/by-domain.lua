-- Routes a request by the domain that it is addressed to:
--
--     policies = { { "routing/by-domain", domains = { ["sales.example"] = "emea", ["*.asia.example"] = "apac" } } }
--
-- "*.asia.example" is every domain below asia.example, at any depth, but not asia.example itself; the longest name that
-- fits wins.  A domain that does not occur passes on to the next policy, and at last to the listener's pool.

local function pool_of(domain, domains)
	local pool, parent = domains[domain], domain:after(".")
	while not pool and parent do
		pool, parent = domains["*." .. parent], parent:after(".")
	end
	return pool
end

return {
	plugin = "sip",
	reads = { "to.domain" },
	options = {
		domains = {
			type = "map", of = "pool", required = true,
			help = "domains in lower case, and the pool of each; *.DOMAIN is what lies below it",
		},
	},

	decide = function(m, o)
		local domain = m["to.domain"]
		local pool = domain and pool_of(domain:lower(), o.domains)
		if pool then
			return route(pool)
		end
	end,
}

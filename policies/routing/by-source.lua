-- Routes a request by the network that its client is in:
--
--     policies = { { "routing/by-source",
--                    networks = { ["10.0.0.0/8"] = "inside", ["10.9.0.0/16"] = "lab", ["2001:db8::/32"] = "v6" } } }
--
-- The narrowest network that has the client's address wins.  An address in none of them passes on to the next policy,
-- and at last to the listener's pool.

return {
	reads = { "source" },
	options = {
		networks = {
			type = "map", keys = "network", of = "pool", required = true,
			help = "networks or addresses, and the pool of each",
		},
	},

	decide = function(m, o)
		local pool = m.source and m.source:within(o.networks)
		if pool then
			return route(pool)
		end
	end,
}

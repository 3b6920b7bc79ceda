local function from(source, method, user)
	return { source = source, method = method or "INVITE", side = "client", ["from.user"] = user }
end

local too_many = reply(503, "Too Many Requests", { ["Retry-After"] = "5" })

return {
	{
		name = "a burst, then the rate",
		facts = from("192.0.2.1"),
		options = { rate = 2, burst = 3 },
		steps = {
			{ times = 3, expect = pass() },
			{ times = 5, expect = too_many },
			{ at = "499ms", expect = too_many },
			{ at = "500ms", expect = pass() },
			{ at = "501ms", expect = too_many },
			{ at = "1m", times = 3, expect = pass() },
			{ at = "1m", expect = too_many },
		},
	},
	{
		name = "each source for itself",
		options = { rate = 1, burst = 1 },
		steps = {
			{ facts = from("192.0.2.1"), expect = pass() },
			{ facts = from("192.0.2.1"), expect = too_many },
			{ facts = from("192.0.2.2"), expect = pass() },
		},
	},
	{
		name = "each user for himself, wherever he is",
		options = { per = { "user" }, rate = 1, burst = 1 },
		steps = {
			{ facts = { method = "INVITE", side = "client", ["from.user"] = "alice" }, expect = pass() },
			{ facts = { method = "MESSAGE", side = "client", ["from.user"] = "alice" }, expect = too_many },
			{ facts = { method = "INVITE", side = "client", ["from.user"] = "bob" }, expect = pass() },
		},
	},
	{
		name = "each method of each source",
		options = { per = { "source", "method" }, rate = 1, burst = 1 },
		steps = {
			{ facts = from("192.0.2.1"), expect = pass() },
			{ facts = from("192.0.2.1", "REGISTER"), expect = pass() },
			{ facts = from("192.0.2.1", "REGISTER"), expect = too_many },
			{ facts = from("192.0.2.2", "REGISTER"), expect = pass() },
		},
	},
	{
		name = "only some methods",
		options = { rate = 1, burst = 1, methods = { "REGISTER", "BYE" } },
		steps = {
			{ facts = from("192.0.2.1"), times = 3, expect = pass() },
			{ facts = from("192.0.2.1", "BYE"), expect = pass() },
			{ facts = from("192.0.2.1", "REGISTER"), expect = too_many },
		},
	},
	{ name = "what ends a call", facts = from("192.0.2.1", "BYE"), options = { rate = 1, burst = 1 },
	  steps = { { times = 9, expect = pass() } } },
	{ name = "silence", facts = from("192.0.2.1"), options = { rate = 1, burst = 1, silence = true },
	  steps = { { expect = pass() }, { expect = drop() } } },
	{ name = "another answer", facts = from("192.0.2.1"),
	  options = { rate = 1, burst = 1, code = 480, reason = "Later", retry_after = "1m" },
	  steps = { { expect = pass() }, { expect = reply(480, "Later", { ["Retry-After"] = "60" }) } } },
	{ name = "https", plugin = "https", facts = { source = "192.0.2.1", method = "GET", side = "client" },
	  options = { rate = 1, burst = 1 }, steps = { { expect = pass() }, { expect = too_many } } },
	{ name = "a server's own", facts = { source = "192.0.2.1", method = "INVITE", side = "server" },
	  options = { rate = 1, burst = 1 }, steps = { { times = 9, expect = pass() } } },
	{ name = "rate is required", options = {}, expect = refused("`rate` is missing") },
	{ name = "per what there is", options = { rate = 1, per = { "surce" } },
	  expect = refused("did you mean `source`?") },
	{ name = "no users in https", plugin = "https", options = { rate = 1, per = { "user" } },
	  expect = refused("reads the fact `from.user`, which plugin `https` does not have") },
}

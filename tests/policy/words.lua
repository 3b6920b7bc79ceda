-- Says what its option tells it to: words.test.lua shows with it what a test file can say.
return {
	pools = { "front" },
	reads = { "fact" },
	edits = { "x-wait", "server" },
	options = {
		say = { type = "string", default = "nothing" },
		wait = { type = "duration", default = "5s" },
		waits = { type = "list", of = "duration", default = {} },
		to = { type = "pool", default = "front" },
	},
	decide = function(m, o)
		if o.say == "route" then
			return route(o.to)
		elseif o.say == "pick" then
			return pick(2)
		elseif o.say == "reply" then
			return reply(503, "Wait", { ["Retry-After"] = o.wait, Each = table.concat(o.waits, " "),
				Fact = m.fact })
		elseif o.say == "drop" then
			return drop()
		elseif o.say == "edit" then
			return edit{ set = { ["X-Wait"] = o.wait }, remove = { "Server" },
				answer = { ["x-wait"] = "no", server = false } }
		elseif o.say == "edit what is not declared" then
			return edit{ remove = { "Subject" } }
		elseif o.say == "unavailable" then
			return unavailable()
		elseif o.say == "fail" then
			error("told to fail")
		end
	end,
}

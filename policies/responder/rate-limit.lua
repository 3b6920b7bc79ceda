-- Limits how often one may ask:
--
--     policies = { { "responder/rate-limit", rate = 20, burst = 50 } }
--     policies = { { "responder/rate-limit", per = { "user", "method" }, methods = { "INVITE" }, rate = 0.5 } }
--
-- `per` says who is one: requests with the same source, user (SIP: of From) or method, or all of the listed, share
-- `rate` requests a second, `burst` at once.  What comes above it is answered with 503 and Retry-After, or with
-- silence.  What ends or completes a call (ACK, PRACK, CANCEL, BYE) always passes, unless `methods` lists it; what
-- servers ask, too.

local facts = { source = "source", user = "from.user", method = "method" }
local free = { ACK = true, PRACK = true, CANCEL = true, BYE = true }

local function has(list, name)
	for _, one in ipairs(list) do
		if one == name then
			return true
		end
	end
	return false
end

local function counts(method, o)
	if #o.methods > 0 then
		return has(o.methods, method)
	end
	return not free[method]
end

local function key_of(m, o)
	local values = {}
	for i, name in ipairs(o.per) do
		values[i] = m[facts[name]] or ""
	end
	return table.concat(values, " ")
end

return {
	plugin = { "sip", "https" },
	reads = function(o)
		local reads = { "side", "method" }
		for _, name in ipairs(o.per) do
			reads[#reads + 1] = facts[name]
		end
		return reads
	end,
	options = {
		per = {
			type = "list", of = "string", choices = { "source", "user", "method" }, default = { "source" },
			help = "what requests have in common that share a rate",
		},
		rate = { type = "number", min = 0.001, max = 100000, required = true, help = "requests a second" },
		burst = { type = "number", min = 1, max = 1000000, default = 10, help = "requests at once" },
		methods = { type = "list", of = "string", default = {}, help = "only these are counted and limited" },
		silence = { type = "boolean", default = false, help = "say nothing to what is too much" },
		code = { type = "number", min = 400, max = 699, default = 503, help = "the status of the answer" },
		reason = { type = "string", default = "Too Many Requests", help = "the words after it" },
		retry_after = { type = "duration", default = "5s", help = "when to come again, in the answer" },
	},

	decide = function(m, o)
		local method = m.method or ""
		if m.side ~= "client" or not counts(method, o)
			or not over("requests", key_of(m, o), o.rate, o.burst) then
			return nil
		end
		if o.silence then
			return drop()
		end
		return reply(o.code, o.reason, { ["Retry-After"] = math.max(1, o.retry_after // 1000) })
	end,
}

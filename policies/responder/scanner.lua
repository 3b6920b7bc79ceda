-- Keeps SIP scanners out, by the name that they give themselves in User-Agent: most do not hide it.
--
--     policies = { { "responder/scanner", add = { "our-old-phone/" } } }
--
-- Over UDP they hear nothing, so that they find nothing; over TCP and TLS, where they have found us already, they are
-- refused.  `answer` says otherwise.  A name fits whatever its case, and whatever comes after it.

local known = {
	"friendly-scanner", "friendly-request", "sipvicious", "sipcli", "sip-scan", "sipscan", "sundayddr", "sivus",
	"siparmyknife", "vaxsipuseragent", "vaxipuseragent", "pplsip", "svwar", "svmap", "svcrack", "mr.sip", "sipptk",
}

local function begins_like_one_of(agent, names)
	for _, name in ipairs(names) do
		if agent:prefix(name:lower()) then
			return true
		end
	end
	return false
end

return {
	plugin = "sip",
	reads = { "side", "transport", "header.user-agent" },
	options = {
		add = { type = "list", of = "string", default = {}, help = "how further names of scanners begin" },
		known = { type = "boolean", default = true, help = "false: only those of `add`" },
		answer = {
			type = "string", choices = { "auto", "silence", "reply" }, default = "auto",
			help = "what they get; auto: silence over UDP, else a reply",
		},
		code = { type = "number", min = 400, max = 699, default = 403, help = "the status of a reply" },
		reason = { type = "string", default = "Forbidden", help = "the words after it" },
	},

	decide = function(m, o)
		local agent = m["header.user-agent"]
		if not agent or m.side ~= "client" then
			return nil
		end
		agent = agent:lower()
		if not (o.known and begins_like_one_of(agent, known)) and not begins_like_one_of(agent, o.add) then
			return nil
		end
		if o.answer == "silence" or (o.answer == "auto" and m.transport == "udp") then
			return drop()
		end
		return reply(o.code, o.reason)
	end,
}

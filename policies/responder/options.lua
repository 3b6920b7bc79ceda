-- Answers OPTIONS (RFC 3261 section 11) here, so that peers who ask whether the gateway is there need no server:
--
--     policies = { { "responder/options", domains = { "sip.example" } } }
--
-- Only a client's OPTIONS outside of a dialog is answered, and only one to the gateway itself: the Request-URI has no
-- user, and one of `domains` if there are any.  With `any` the user and the domain do not matter.

local function has(list, name)
	for _, one in ipairs(list) do
		if one:equal(name) then
			return true
		end
	end
	return false
end

-- A tag behind the address: a dialog's.
local function is_in_dialog(to)
	local parameters = to:after(">") or to:after(";") or ""
	return parameters:lower():contains("tag")
end

local function is_ours(m, o)
	if o.any then
		return true
	end
	return not m["uri.user"] and (#o.domains == 0 or has(o.domains, m["uri.domain"] or ""))
end

return {
	plugin = "sip",
	reads = { "side", "method", "header.to", "uri.user", "uri.domain" },
	options = {
		any = { type = "boolean", default = false, help = "answer for every user and domain" },
		domains = {
			type = "list", of = "string", default = {},
			help = "names of the gateway, as Request-URIs have them; none: any name",
		},
		allow = {
			type = "string",
			default = "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, MESSAGE, INFO, "
				.. "UPDATE, PRACK, REGISTER",
			help = "the header Allow of the answer",
		},
		accept = { type = "string", default = "application/sdp", help = "the header Accept" },
		supported = { type = "string", help = "the header Supported; without it there is none" },
	},

	decide = function(m, o)
		if m.method ~= "OPTIONS" or m.side ~= "client" or is_in_dialog(m["header.to"] or "")
			or not is_ours(m, o) then
			return nil
		end
		local headers = { Allow = o.allow, Accept = o.accept, ["Accept-Language"] = "en" }
		if o.supported then
			headers.Supported = o.supported
		end
		return reply(200, "OK", headers)
	end,
}

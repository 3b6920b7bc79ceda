-- SPDX-License-Identifier: Apache-2.0
-- no-guests: calls from one domain are refused, those of one user that come too
-- often are answered as busy, and all others go where the configuration says:
--
--     policies = { { "./no-guests.lua", domain = "guest.example", rate = 2 } }

return {
  plugin = "sip",
  reads = { "method", "from.user", "from.domain" },
  options = {
    domain = { type = "string", required = true, help = "whose calls are refused" },
    rate = { type = "number", min = 0.1, max = 1000, default = 5,
      help = "calls of one user in a second" },
  },

  decide = function(m, o)
    if m.method ~= "INVITE" then return nil end
    local domain = m["from.domain"] or ""
    if domain:equal(o.domain) then
      return reply(403, "Forbidden")
    end
    if over("calls", (m["from.user"] or "") .. "@" .. domain, o.rate, 10) then
      return reply(486, "Busy Here", { ["Retry-After"] = 5 })
    end
  end,
}

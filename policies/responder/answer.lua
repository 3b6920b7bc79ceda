-- responder/answer answers every request here: a server for a demo or a test, or a notice while the real ones are away.
--
--   policies = { { "responder/answer", server = "one" } }
--   policies = { { "responder/answer", code = 503, reason = "Back at noon" } }
--
-- A plugin writes nothing where its protocol has no answer (an ACK).
return {
  options = {
    code = { type = "number", default = 200, help = "the status of the answer" },
    reason = { type = "string", default = "OK", help = "the words after it" },
    server = { type = "string", help = "the value of X-Server; without it there is no such header" },
  },
  decide = function(m, o)
    if o.server then
      return reply(o.code, o.reason, { ["X-Server"] = o.server })
    end
    return reply(o.code, o.reason)
  end,
}

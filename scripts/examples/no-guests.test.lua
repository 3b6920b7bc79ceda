local function call(user, domain)
  return { method = "INVITE", ["from.user"] = user, ["from.domain"] = domain }
end
local options = { domain = "guest.example", rate = 2 }

return {
  { name = "a guest", options = options,
    facts = call("eve", "Guest.example"), expect = reply(403) },
  { name = "one of us", options = options,
    facts = call("alice", "corp.example"), expect = pass() },
  { name = "not a call", options = options,
    facts = { method = "OPTIONS", ["from.domain"] = "guest.example" }, expect = pass() },
  { name = "ten at once, then two a second", options = options,
    facts = call("alice", "corp.example"),
    steps = {
      { times = 10, expect = pass() },
      { expect = reply(486, "Busy Here", { ["Retry-After"] = "5" }) },
      { facts = { ["from.user"] = "bob" }, expect = pass() },
      { at = "500ms", expect = pass() },
      { at = "501ms", expect = reply(486) },
    } },
  { name = "a message", options = options, expect = reply(403, "Forbidden"), message =
    "INVITE sip:alice@corp.example SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1\n"
    .. "From: <sip:eve@guest.example>;tag=1\nTo: <sip:alice@corp.example>\nCall-ID: 1\nCSeq: 1 INVITE\n"
    .. "Max-Forwards: 70\nContent-Length: 0\n\n" },
  { name = "without a domain", expect = refused("`domain` is missing") },
  { name = "too fast", options = { domain = "guest.example", rate = 5000 },
    expect = refused("is more than 1000") },
}

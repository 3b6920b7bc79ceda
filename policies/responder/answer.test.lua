return {
  {
    name = "200 unless told otherwise",
    facts = {},
    expect = reply(200, "OK"),
  },
  {
    name = "a server gives its name",
    facts = {},
    options = { server = "one" },
    expect = reply(200, "OK", { ["X-Server"] = "one" }),
  },
  {
    name = "a notice",
    facts = {},
    options = { code = 503, reason = "Back at noon" },
    expect = reply(503, "Back at noon"),
  },
  {
    name = "an answer that is none",
    facts = {},
    options = { code = 42 },
    expect = fails(),
  },
}

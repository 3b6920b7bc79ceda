-- Sets and removes headers, on the way to the server and (answer) on the way back:
--
--   policies = { { "edit/headers", set = { ["x-gateway"] = "lychgate" }, remove = { "user-agent" },
--                  answer = { server = false, ["x-gateway"] = "lychgate" } } }
--
-- A header that is set replaces all of its name; one that is false goes.  It is for any plugin that can edit at all.

return {
  options = {
    set = { type = "map", of = "string", default = {}, help = "headers of requests, and what they shall be" },
    remove = { type = "list", of = "string", default = {}, help = "headers of requests that go" },
    answer = { type = "map", of = "header", default = {},
      help = "headers of answers, and what they shall be; false: they go" },
  },
  edits = function(o)
    local names = {}
    for name in pairs(o.set) do names[#names + 1] = name end
    for _, name in ipairs(o.remove) do names[#names + 1] = name end
    for name in pairs(o.answer) do names[#names + 1] = name end
    return names
  end,
  decide = function(m, o)
    return edit{ set = o.set, remove = o.remove, answer = o.answer }
  end,
}

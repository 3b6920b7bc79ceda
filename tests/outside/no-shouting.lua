-- SPDX-License-Identifier: Apache-2.0
-- no-shouting: a stranger's policy for a stranger's plugin.  A line whose first word is `word` is answered here.
return {
  plugin = "parley", reads = { "word" },
  options = { word = { type = "string", default = "SHOUT" } },
  decide = function(m, o)
    if m.word == o.word then return reply(400, "not so loud") end
  end,
}

-- SPDX-License-Identifier: Apache-2.0
-- dns.lua: lychgate --dns: the names to enter in the DNS, inside and outside, for the pools that a library's words
-- describe.

local names = use "lync_names"
local tool = use "tool"

return function(host, arguments)
  local model = tool.model(host, arguments[1], "lync")
  if not model then return 1 end
  local rows = { { "WHERE", "NAME", "TYPE", "VALUE" } }
  for _, record in ipairs(names.records(model)) do rows[#rows + 1] = record end
  tool.write(host, rows, arguments[2])
  return 0
end

-- SPDX-License-Identifier: Apache-2.0
-- units.lua: times and sizes as they are written.  Both give nil for what they do not understand.

local units = {}

local milliseconds = { ms = 1, s = 1000, m = 60 * 1000, h = 60 * 60 * 1000 }
local bytes = { [""] = 1, k = 1024, M = 1024 * 1024 }

-- At most nine digits, so that no product overflows.
local function parse(text, factors, letters)
  local digits, unit = text:match("^(%d+)(" .. letters .. ")$")
  if not digits or #digits > 9 or not factors[unit] then return nil end
  return math.tointeger(tonumber(digits)) * factors[unit]
end

-- "500ms", "5s", "10m", "2h" in milliseconds; a bare 0 needs no unit.
function units.time(v)
  if v == 0 then return 0 end
  return type(v) == "string" and parse(v, milliseconds, "%a+") or nil
end

-- 4096, "64k", "5M" in bytes.
function units.size(v)
  if math.type(v) == "integer" then return v end
  return type(v) == "string" and parse(v, bytes, "%a?") or nil
end

return units

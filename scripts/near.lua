-- SPDX-License-Identifier: Apache-2.0
-- near.lua: which of the words that there are was meant by one that there is not.  It is called while a configuration
-- runs, when strings have no methods (run.lua).

local byte, lower = string.byte, string.lower

-- How many letters to change, add, drop or swap with their neighbour to get from `a` to `b`.
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local last = row
    row = { [0] = i }
    for j = 1, #b do
      local same = byte(a, i) == byte(b, j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and byte(a, i) == byte(b, j - 1) and byte(a, i - 1) == byte(b, j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before = last
  end
  return row[#b]
end

-- The nearest of `words` (a list) as a hint, or nil if none is near.
return function(name, words)
  if type(name) ~= "string" or #name > 64 then return nil end
  local best, least = nil, math.max(#name > 2 and 1 or 0, #name // 3) + 1
  for _, word in ipairs(words) do
    local d = word ~= name and distance(lower(name), lower(word)) or least
    if d < least then best, least = word, d end
  end
  return best and "did you mean `" .. best .. "`?"
end

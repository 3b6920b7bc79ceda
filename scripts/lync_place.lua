-- SPDX-License-Identifier: Apache-2.0
-- lync_place.lua: places of words that were made of other words: each key leads to where the administrator wrote what
-- it came from, and what came from nowhere else to the word that made it.

local place = {}

-- Itself and whatever is below it.
local function here(at)
  return { line = at.line, label = at.label, key = function(self) return self end }
end
place.here = here

local made = {}
made.__index = made

function made:key(key)
  return self.origins[key] or here(self)
end

-- The place of a made word: `at` is the place of the word that made it, `origins` has the places of keys.
function place.made(at, origins)
  return setmetatable({ line = at.line, label = at.label, origins = origins or {} }, made)
end

-- A list, each member of which was written somewhere else.
function place.list(at, members)
  return place.made(at, members)
end

-- A server: its address is the value itself, or the first value of the table.
function place.server(at)
  return { line = at.line, label = at.label, key = function(_, key) return key == 1 and here(at) or at:key(key) end }
end

return place

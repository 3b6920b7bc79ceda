-- SPDX-License-Identifier: Apache-2.0
-- lines.lua: on which line of the source a word, a key or a member of a list stands.  Lua itself tells only the line
-- of a call, so the text is read once more, for places and not for meaning: what it cannot follow (a table that comes
-- from a variable) has the line of the call.

-- The end of the long bracket that begins at `i`, or nil if none does.
local function long_bracket(text, i)
  local level = text:match("^%[(=*)%[", i)
  if not level then return nil end
  local _, last = text:find("]" .. level .. "]", i, true)
  return last or #text
end

-- The end of the quoted string that begins at `i`.
local function quoted(text, i)
  local quote, j = text:sub(i, i), i + 1
  while j <= #text and text:sub(j, j) ~= quote do
    j = j + (text:sub(j, j) == "\\" and 2 or 1)
  end
  return j
end

-- The token or blank at `i`: its last byte, its kind ("name", "string", "number", "symbol"; nil for blanks and
-- comments) and its text.
local function token_at(text, i)
  local _, last = text:find("^%s+", i)
  if last then return last end
  if text:find("^%-%-", i) then
    return long_bracket(text, i + 2) or (text:find("\n", i, true) or #text + 1) - 1
  end
  if text:find("^[\"']", i) then
    last = quoted(text, i)
    return last, "string", text:sub(i + 1, last - 1)
  end
  last = long_bracket(text, i)
  if last then return last, "string", text:sub(i, last) end
  for kind, pattern in pairs { name = "^[%a_][%w_]*", number = "^%d[%w.]*" } do
    _, last = text:find(pattern, i)
    if last then return last, kind, text:sub(i, last) end
  end
  return i, "symbol", text:sub(i, i)
end

local function tokens(text)
  local list, i, line = {}, 1, 1
  while i <= #text do
    local last, kind, value = token_at(text, i)
    if kind then list[#list + 1] = { kind = kind, value = value, line = line } end
    for _ in text:sub(i, last):gmatch("\n") do line = line + 1 end
    i = last + 1
  end
  return list
end

local function is(t, symbol)
  return t ~= nil and t.kind == "symbol" and t.value == symbol
end

local opening, closing = { ["("] = true, ["["] = true, ["{"] = true }, { [")"] = true, ["]"] = true, ["}"] = true }

-- The token after the expression that begins at `i`: the comma, semicolon or bracket that ends it.
local function after_expression(list, i)
  local depth = 0
  while list[i] do
    local t = list[i]
    if t.kind == "symbol" then
      if depth == 0 and (closing[t.value] or t.value == "," or t.value == ";") then return i end
      depth = depth + (opening[t.value] and 1 or closing[t.value] and -1 or 0)
    end
    i = i + 1
  end
  return i
end

-- The key of the table member at `i`, and where its value begins; nil: a member of a list.
local function key_at(list, i)
  local a, b, c, d = list[i], list[i + 1], list[i + 2], list[i + 3]
  if a.kind == "name" and is(b, "=") and not is(c, "=") then return a.value, i + 2 end
  if is(a, "[") and is(c, "]") and is(d, "=") then
    return b.kind == "number" and math.tointeger(tonumber(b.value)) or b.value, i + 4
  end
  return nil, i
end

-- The places in the table that begins at `i`: { line, keys = { name or index -> the same }, twice = a key that is there
-- twice, of which Lua keeps the last and says nothing }.
local function places(list, i)
  local place, n = { line = list[i].line, keys = {} }, 0
  i = i + 1
  while list[i] and not closing[list[i].kind == "symbol" and list[i].value] do
    local line, key, value = list[i].line, key_at(list, i)
    if not key then
      n = n + 1
      key = n
    end
    if place.keys[key] then place.twice = { key = key, line = line, first = place.keys[key].line } end
    place.keys[key] = is(list[value], "{") and places(list, value) or {}
    place.keys[key].line = line
    i = after_expression(list, value)
    if is(list[i], ",") or is(list[i], ";") then i = i + 1 end
  end
  return place
end

-- All `word "name" { ... }` of the text, in order.
local function statements(list)
  local found = {}
  for i, t in ipairs(list) do
    local j, name = i + 1, nil
    if t.kind == "name" and list[j] and list[j].kind == "string" then
      name, j = list[j].value, j + 1
    elseif is(list[j], "(") then
      j = after_expression(list, j + 1) + 1
    end
    if t.kind == "name" and is(list[j], "{") then
      found[#found + 1] = { word = t.value, name = name, line = t.line, place = places(list, j) }
    end
  end
  return found
end

-- A place as checks use it: where, and what to call it in a message.
local at = {}
at.__index = at

function at:key(key)
  local inner = self.place and self.place.keys and self.place.keys[key]
  local label = self.label
  if type(key) == "number" then
    label = label .. "[" .. key .. "]"
  else
    label = label .. (self.top and ": " or ".") .. tostring(key)
  end
  return setmetatable({ line = inner and inner.line or self.line, label = label, place = inner }, at)
end

-- Returns a function that finds the place of a word that was called on `line`.
return function(text)
  local found = statements(tokens(text))
  return function(word, name, line)
    local best
    for _, s in ipairs(found) do
      if s.word == word and s.line == line and (not best or s.name == name) then best = s end
    end
    local label = name and string.format("%s \"%s\"", word, name) or word
    return setmetatable({ line = line, label = label, place = best and best.place, top = true }, at)
  end
end

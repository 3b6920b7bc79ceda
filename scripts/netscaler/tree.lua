-- SPDX-License-Identifier: Apache-2.0
-- tree.lua: reads a NetScaler expression into a tree.  What its names mean is not known here.

local MOST_DEPTH, MOST_TOKENS = 50, 1000

local escapes = { r = "\r", n = "\n", t = "\t" }

local function string_at(text, i)
  local last, parts = i + 1, {}
  while text:sub(last, last) ~= '"' do
    if last > #text then return nil end
    local c = text:sub(last, last)
    if c == "\\" then
      last = last + 1
      c = escapes[text:sub(last, last)] or text:sub(last, last)
    end
    parts[#parts + 1], last = c, last + 1
  end
  return table.concat(parts), last + 1
end

local function tokens(text)
  local list, i = {}, 1
  while true do
    i = text:find("%S", i)
    if not i then return list end
    if #list == MOST_TOKENS then return nil end
    local word = text:match("^[%a_][%w_]*", i) or text:match("^%d[%w%.:/]*", i)
    local sign = text:match("^&&", i) or text:match("^||", i) or text:match("^[!=]=", i) or text:match("^[().,!+]", i)
    if text:sub(i, i) == '"' then
      local value, rest = string_at(text, i)
      if not value then return nil end
      list[#list + 1], i = { kind = "string", value = value }, rest
    elseif word or sign then
      list[#list + 1], i = { kind = word and "word" or "sign", value = word or sign }, i + #(word or sign)
    else
      return nil
    end
  end
end

-- A tree of { op = "or"|"and"|"+", a, b }, { op = "not", a }, { op = "text", value } and { op = "chain", links }, where
-- a link is { name in capitals, arguments or nil }.
local parser = {}
parser.__index = parser

function parser:sign(value)
  local t = self.list[self.at]
  if t and t.kind == "sign" and t.value == value then
    self.at = self.at + 1
    return true
  end
end

function parser:chain()
  local links = {}
  repeat
    local t = self.list[self.at]
    if not t or t.kind ~= "word" then error("") end
    self.at = self.at + 1
    local link = { name = t.value:upper(), text = t.value }
    if self:sign("(") then
      link.arguments = {}
      if not self:sign(")") then
        repeat link.arguments[#link.arguments + 1] = self:either() until not self:sign(",")
        if not self:sign(")") then error("") end
      end
    end
    links[#links + 1] = link
  until not self:sign(".")
  return { op = "chain", links = links }
end

function parser:one()
  if self:sign("!") then return { op = "not", self:one() } end
  if self:sign("(") then
    local inner = self:either()
    if not self:sign(")") then error("") end
    return inner
  end
  local t = self.list[self.at]
  if t and t.kind == "string" then
    self.at = self.at + 1
    return { op = "text", value = t.value }
  end
  return self:chain()
end

function parser:sum()
  local a = self:one()
  while self:sign("+") do a = { op = "+", a, self:one() } end
  return a
end

function parser:both()
  local a = self:sum()
  while self:sign("&&") do a = { op = "and", a, self:sum() } end
  return a
end

function parser:either()
  self.depth = (self.depth or 0) + 1
  if self.depth > MOST_DEPTH then error("") end
  local a = self:both()
  while self:sign("||") do a = { op = "or", a, self:both() } end
  self.depth = self.depth - 1
  return a
end

-- The tree of a text, or nil.
return function(text)
  local list = tokens(text)
  local p = list and setmetatable({ list = list, at = 1 }, parser)
  local ok, tree = pcall(function() return p and #list > 0 and p:either() end)
  return ok and tree and p.at > #list and tree or nil
end

-- SPDX-License-Identifier: Apache-2.0
-- topology_text.lua: how what a document tells is written: as text of a configuration, and as lines of a report.
-- Whatever it is, in a string it stays a string, in a comment a comment, and on a terminal one line.

local text = {}

-- For a terminal and for comments: one line, without control characters.
function text.plain(s) return (s:gsub("\194[\128-\159]", "?"):gsub("%c", "?")) end

-- For a configuration: nothing in it ends the string it stands in.
function text.quoted(s)
  local function escape(c) return string.format("\\%03d", c:byte()) end
  return '"' .. s:gsub('[%c"\\]', escape):gsub("\194([\128-\159])", function(c) return "\\194" .. escape(c) end) .. '"'
end

function text.fill(what) return text.quoted("FILL IN: " .. what) end

function text.list_of(texts)
  local list = {}
  for i, s in ipairs(texts) do list[i] = text.quoted(s) end
  return table.concat(list, ", ")
end

function text.plural(n, one, many) return string.format("%d %s", n, n == 1 and one or many) end

-- ---- What is written of one topology ----

local writer = {}
writer.__index = writer

function text.new(topology) return setmetatable({ topology = topology, out = {}, lines = {} }, writer) end

-- A line of the configuration.
function writer:line(depth, format, ...) self.out[#self.out + 1] = ("  "):rep(depth) .. string.format(format, ...) end

-- A line of the report.  What carries traffic and is not taken over stands in the configuration, too.
function writer:note(kind, of, format, ...)
  local l = { kind = kind, of = text.plain(of), text = text.plain(string.format(format, ...)) }
  self.lines[#self.lines + 1] = l
  if kind == "lost" or kind == "part" then self:line(0, "-- NOT TAKEN OVER: %s: %s", l.of, l.text) end
end

return text

-- SPDX-License-Identifier: Apache-2.0
-- lex.lua: the lines of an ns.conf and their words.  A line is { number, text, words }, or { number, text, wrong } when
-- quoting does not end; a comment or a blank line has no words.  A word is { text, quoted, first, last }, the last two
-- its place in the line.  It knows no command.

local lex = {}

local MOST_LINES, MOST_BYTES, MOST_WORDS = 100000, 65536, 1000

local closing = { ["{"] = "}", ["("] = ")", ["["] = "]", ["<"] = ">", ["/"] = "/", ["|"] = "|" }

-- The text in quotes that begin at `i`, and where the rest goes on.  A backslash takes the meaning of a quote and of a
-- backslash; before anything else it is part of the text, for expressions have escapes of their own.
local function quoted(text, i)
  local quote, parts = text:sub(i, i), {}
  i = i + 1
  while true do
    local last = text:find("[\\" .. quote .. "]", i)
    if not last then return nil, "a quote that does not end" end
    parts[#parts + 1] = text:sub(i, last - 1)
    if text:sub(last, last) == quote then return table.concat(parts), last + 1 end
    local after = text:sub(last + 1, last + 1)
    parts[#parts + 1] = after:find("^[\\\"']$") and after or "\\" .. after
    i = last + 2
  end
end

-- q{...}: everything up to the closing delimiter as it stands.
local function bare(text, i)
  local open = text:sub(i + 1, i + 1)
  local last = text:find(closing[open], i + 2, true)
  if not last then return nil, "a q" .. open .. " that does not end" end
  return text:sub(i + 2, last - 1), last + 1
end

-- The word at `i`, which is no blank: { text, quoted }, and where the rest goes on.
local function word_at(text, i)
  local parts, was_quoted = {}, false
  if text:find("^q[{(%[<|/]", i) then
    local part, rest = bare(text, i)
    return part and { text = part, quoted = true }, rest
  end
  while i <= #text and not text:find("^[ \t]", i) do
    local part, rest
    if text:find("^[\"']", i) then
      part, rest = quoted(text, i)
      if not part then return nil, rest end
      was_quoted = true
    else
      part = text:match("^[^ \t\"']+", i)
      rest = i + #part
    end
    parts[#parts + 1], i = part, rest
  end
  return { text = table.concat(parts), quoted = was_quoted }, i
end

-- The words of one line; nil and what is wrong.
function lex.words(text)
  if #text > MOST_BYTES then return nil, "longer than " .. MOST_BYTES .. " bytes" end
  if text:find("%z") then return nil, "a byte of value 0: this is no text" end
  local words, i = {}, text:find("[^ \t]")
  if not i or text:sub(i, i) == "#" then return words end
  while i do
    local word, rest = word_at(text, i)
    if not word then return nil, rest end
    word.first, word.last = i, rest - 1
    words[#words + 1] = word
    if #words > MOST_WORDS then return nil, "more than " .. MOST_WORDS .. " words" end
    i = text:find("[^ \t]", rest)
  end
  return words
end

-- All lines; nil and the reason when there are too many.  Both ends of line and a byte order mark are taken.
function lex.lines(text)
  local lines = {}
  if text:sub(1, 3) == "\xef\xbb\xbf" then text = text:sub(4) end
  for line in text:gmatch("([^\n]*)\n?") do
    line = line:gsub("\r$", "")
    if #lines == MOST_LINES then return nil, "it has more than " .. MOST_LINES .. " lines" end
    local words, wrong = lex.words(line)
    lines[#lines + 1] = { number = #lines + 1, text = line, words = words, wrong = wrong }
  end
  if lines[#lines] and lines[#lines].text == "" then lines[#lines] = nil end -- what follows the last end of line
  return lines
end

return lex

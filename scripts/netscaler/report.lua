-- SPDX-License-Identifier: Apache-2.0
-- report.lua: what became of every line of the file, once each and in order.  Secrets are not shown.

local secrets = use "netscaler/secrets"

local report = {}

local MOST_TEXT = 2000

-- What a terminal would take for orders is shown as numbers.
local function plain(text)
  if #text > MOST_TEXT then text = text:sub(1, MOST_TEXT) .. " ..." end
  return (text:gsub("[%z\1-\31\127]", function(c) return string.format("\\x%02x", c:byte()) end))
end

-- What is left for a hand before the result loads or serves.
local function left(whole)
  local out = {}
  for _, line in ipairs(whole.lines) do
    for _, note in ipairs(line.notes or {}) do
      if note:find("^to do: ") or note:find("key to re%-enter", 1) then
        out[#out + 1] = string.format("  line %d: %s", line.number, plain(note:gsub("^to do: ", "")))
      end
    end
  end
  return #out > 0 and "\nto do by hand:\n" .. table.concat(out, "\n") or nil
end

local order = { "mapped", "in part", "not applicable", "not supported" }

-- The text, and whether a line that affects traffic was not mapped.
function report.text(whole, name)
  local out, count, traffic = {}, {}, 0
  for _, line in ipairs(whole.lines) do
    count[line.status] = (count[line.status] or 0) + 1
    traffic = traffic + (line.traffic and 1 or 0)
    local mark, text = line.traffic and "!" or " ", plain(secrets.hide(line))
    out[#out + 1] = string.format("%5d %s %-14s %s", line.number, mark, line.status, text):gsub(" +$", "")
    for _, note in ipairs(line.notes or {}) do out[#out + 1] = string.rep(" ", 23) .. plain(note) end
  end
  out[#out + 1] = left(whole)
  local sums = {}
  for _, status in ipairs(order) do sums[#sums + 1] = string.format("%d %s", count[status] or 0, status) end
  out[#out + 1] = string.format("\n%s: %d lines: %s", plain(name), #whole.lines, table.concat(sums, ", "))
  out[#out + 1] = traffic == 0 and "all that affects traffic was mapped"
    or string.format("%d affect traffic and were not mapped whole: they are marked !", traffic)
  return table.concat(out, "\n") .. "\n", traffic > 0
end

return report

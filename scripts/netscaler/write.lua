-- SPDX-License-Identifier: Apache-2.0
-- write.lua: the configuration as text: words in the administrator's order, each with the line that it comes from.

local write = {}

local WIDE = 100

-- ---- Values ----

local function quote(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%c", function(c) return string.format("\\%03d", c:byte()) end) .. '"'
end

local value_of

-- { "key", value } pairs as a table, in one line.
local function pairs_of(list)
  local out = {}
  for _, p in ipairs(list) do
    if p[2] ~= nil then out[#out + 1] = p[1] .. " = " .. value_of(p[2]) end
  end
  return #out > 0 and "{ " .. table.concat(out, ", ") .. " }" or "{}"
end

function value_of(v)
  if type(v) == "string" then return quote(v) end
  if type(v) ~= "table" then return tostring(v) end
  if type(v[1]) == "table" then return pairs_of(v) end
  local out = {}
  for i, member in ipairs(v) do out[i] = value_of(member) end
  return "{ " .. table.concat(out, ", ") .. " }"
end

-- A line of a word's table, broken into one for each pair where it would be too wide.
local function field(out, key, v, comment)
  if v == nil then return end
  local text = string.format("  %s = %s,", key, value_of(v))
  if #text > WIDE and type(v) == "table" and type(v[1]) == "table" then
    out[#out + 1] = string.format("  %s = {", key)
    for _, p in ipairs(v) do out[#out + 1] = string.format("    %s = %s,", p[1], value_of(p[2])) end
    text = "  },"
  end
  out[#out + 1] = text .. (comment and " -- " .. comment or "")
end

-- Names come from the file: a comment ends with its line whatever they hold.
local function plain(text) return (text:gsub("%c", "?")) end

local function from(v) return string.format("-- %s, line %d", plain(v.kind .. " " .. v.name), v.line.number) end

-- ---- Words ----

local function tls_word(out, t)
  out[#out + 1] = string.format("tls %s { -- %s", quote(t.name), plain(t.from))
  for _, p in ipairs(t.fields) do field(out, p[1], p[2]) end
  out[#out + 1] = "}\n"
end

local function server(s)
  local more = {}
  for _, key in ipairs { "weight", "max_sessions", "backup" } do
    if s[key] then more[#more + 1] = key .. " = " .. value_of(s[key]) end
  end
  local text = #more > 0 and string.format("{ %s, %s }", quote(s[1]), table.concat(more, ", ")) or quote(s[1])
  local comment = plain(s.comment) .. (s.disabled and ", disabled" or "")
  return string.format("    %s%s, -- %s", s.disabled and "-- " or "", text, comment)
end

local function pool_word(out, p)
  out[#out + 1] = string.format("pool %s { %s", quote(p.name), from(p.from))
  out[#out + 1] = "  servers = {"
  for _, s in ipairs(p.servers) do out[#out + 1] = server(s) end
  out[#out + 1] = "  },"
  field(out, "transport", p.transport)
  field(out, "tls", p.tls)
  field(out, "tls_name", p.tls_name)
  if p.tls then field(out, "verify_server", p.verify_server) end
  field(out, "balance", p.balance)
  field(out, "persistence", p.persistence)
  local comment = p.monitor and plain(p.monitor.comment) or "none that can be asked here, or -healthMonitor NO"
  field(out, "monitor", p.monitor, comment)
  if p.monitor then field(out, "on_down", p.on_down) end
  out[#out + 1] = "}\n"
end

local function routes(out, rows)
  out[#out + 1] = "    routes = {"
  for _, r in ipairs(rows) do
    local row = {}
    for _, fact in ipairs { "host", "path" } do
      if r.row[fact] then row[#row + 1] = { fact, r.row[fact] } end
    end
    row[#row + 1] = { "pool", r.pool }
    out[#out + 1] = string.format("      %s, -- line %d", pairs_of(row), r.line)
  end
  out[#out + 1] = "    },"
end

local function options(out, list)
  if not list then return end
  out[#out + 1] = "  options = {"
  for _, p in ipairs(list) do
    if p[1] == "routes" then
      routes(out, p[2])
    else
      out[#out + 1] = string.format("    %s = %s,", p[1], value_of(p[2]))
    end
  end
  out[#out + 1] = "  },"
end

local function listener_word(out, l)
  local own = {}
  own[1] = string.format("listener %s { %s%s", quote(l.name), from(l.from), l.disabled and ", disabled" or "")
  field(own, "plugin", l.plugin)
  field(own, "bind", l.bind)
  field(own, "tls", l.tls)
  field(own, "verify", l.verify)
  field(own, "pool", l.pool)
  if #l.policies > 0 then field(own, "policies", l.policies) end
  field(own, "limits", { { "idle", l.idle } })
  field(own, "source", l.source)
  options(own, l.options)
  own[#own + 1] = "}"
  for _, line in ipairs(own) do out[#out + 1] = (l.disabled and "-- " or "") .. line end
  out[#out + 1] = ""
end

-- The whole configuration.
function write.configuration(whole, name)
  local out = {
    string.format("-- Made of %s by lychctl import-netscaler.  Numbers of lines are of that file.\n", plain(name)),
  }
  for _, t in ipairs(whole.tls) do tls_word(out, t) end
  for _, p in ipairs(whole.pools) do pool_word(out, p) end
  for _, l in ipairs(whole.listeners) do listener_word(out, l) end
  for _, v in ipairs(whole.left_out) do
    out[#out + 1] = string.format("%s, is not here: %s", from(v.from), plain(v.reason))
  end
  return table.concat(out, "\n"):gsub("\n+$", "") .. "\n"
end

-- Policies as comments, for who has no folder to put them in.
function write.as_comments(whole)
  local out = {}
  for _, p in ipairs(whole.policies) do
    out[#out + 1] = string.format("\n-- ==== %s: write with -o to have it as a file ====", p.path)
    for line in p.text:gmatch("[^\n]*") do out[#out + 1] = "-- " .. line end
  end
  return #out > 0 and table.concat(out, "\n") .. "\n" or ""
end

return write

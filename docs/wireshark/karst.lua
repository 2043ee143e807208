-- Wireshark: cuts Karst's stream into frames and hands each message to Wireshark's own Protobuf
-- dissector, which reads schemas/karst/v1/*.proto. docs/WIRE.md says how to run it.
local karst = Proto("karst", "Karst")
local protobuf = Dissector.get("protobuf")
local prefix_bytes = 4

local function frame_length(buffer)
  return prefix_bytes + buffer(0, prefix_bytes):uint()
end

local function one_frame(buffer, packet, tree)
  local is_request = packet.dst_port == packet.match_uint
  local message = is_request and "karst.v1.Request" or "karst.v1.Response"
  packet.private["pb_msg_type"] = "message," .. message
  protobuf:call(buffer(prefix_bytes):tvb(), packet, tree)
  return buffer:len()
end

function karst.dissector(buffer, packet, tree)
  dissect_tcp_pdus(buffer, tree, prefix_bytes, frame_length, one_frame)
  packet.cols.protocol = "Karst"
  return buffer:len()
end

DissectorTable.get("tls.port"):add(7420, karst)

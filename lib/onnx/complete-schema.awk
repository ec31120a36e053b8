# SPDX-License-Identifier: LGPL-2.1-or-later
# Adds to a schema of an older ONNX what is read here and came later: the overloads of functions
# and the defaults of their attributes. A newer schema passes as it is.

function complete (name, line)
{
  if (body !~ (" " name " ="))
    body = body "  " line "\n"
}

/^message / {
  message = $2
  body = ""
}

message != "" && /^}/ {
  if (message == "NodeProto")
    complete("overload", "optional string overload = 8;")
  if (message == "FunctionProto") {
    complete("attribute_proto", "repeated AttributeProto attribute_proto = 11;")
    complete("overload", "optional string overload = 13;")
  }
  printf "%s", body
  message = ""
}

message != "" {
  body = body $0 "\n"
  next
}

{
  print
}

// The web page as methods of the management port: "/" and the files it is made of.
#pragma once

#include <vector>

#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// Empty where the program was built without the page; "/" is then the text of the method table.
std::vector<MethodRow> page_methods();

}  // namespace tidemark::mgmt

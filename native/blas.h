// The system's CBLAS, found at run time: one binary works with and without it.
#pragma once

#include <cstdint>
#include <string>

namespace ravine {

// `choice` is RAVINE_BLAS: "builtin" for none, a path that must load, or null (or empty) for whatever the system has. Returns why
// the path was refused, or an empty string. To be called once, before any program is loaded.
std::string selectBlas(const char* choice);

bool blasAvailable();
// A path was given: the library does every product that is not tiny.
bool blasForced();
// Name and configuration line, empty without a library.
const std::string& blasDescription();

}  // namespace ravine

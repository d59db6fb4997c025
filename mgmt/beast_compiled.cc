// Boost.Beast, compiled once for the daemon's JSON port and for its clients.
#include <boost/beast/src.hpp>

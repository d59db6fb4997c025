# What we build on; all of it Debian 12 packages (scripts/setup installs them).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(libiscsi REQUIRED IMPORTED_TARGET libiscsi)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
if(TIDEMARK_TESTS)
  find_package(GTest REQUIRED)
endif()

# Asio and Beast are compiled once each (base/asio_compiled.cc, mgmt/beast_compiled.cc).
add_library(tidemark_asio INTERFACE)
target_compile_definitions(tidemark_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
target_link_libraries(tidemark_asio INTERFACE Boost::headers Threads::Threads)

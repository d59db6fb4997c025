# Builds the page and writes it as a C++ source; without it, if its packages cannot be had.
#
# cmake -D NPM=... -D NODE=... -D SOURCE=(this folder) -D WORK=(scratch) -D OUT=(file.cc) -P build_page.cmake
#
# Works on a copy, so that nothing is written into the source tree.

set(inputs package.json package-lock.json vite.config.js tsconfig.json index.html embed.js)
file(REMOVE_RECURSE "${WORK}/src")
foreach(name IN LISTS inputs ITEMS src)
  file(COPY "${SOURCE}/${name}" DESTINATION "${WORK}")
endforeach()

function(leave_out why)
  message(STATUS "web page: left out: ${why} (log: ${WORK}/npm.log; to try again, remove ${OUT})")
  configure_file("${SOURCE}/no_page.cc" "${OUT}" COPYONLY)
endfunction()

# Once per lock file: npm leaves this behind when it is done. No script of a package is run: none is
# needed, and the npm of Debian 12 fails over them.
set(installed "${WORK}/node_modules/.package-lock.json")
if(NOT EXISTS "${installed}" OR "${WORK}/package-lock.json" IS_NEWER_THAN "${installed}")
  execute_process(
    COMMAND "${NPM}" ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --fetch-timeout=20000
    WORKING_DIRECTORY "${WORK}" TIMEOUT 300 RESULT_VARIABLE failed
    OUTPUT_FILE "${WORK}/npm.log" ERROR_FILE "${WORK}/npm.log")
  if(failed)
    leave_out("npm could not install its packages")
    return()
  endif()
endif()

foreach(step "${NPM};run;build" "${NODE};embed.js;dist;${OUT}")
  execute_process(COMMAND ${step} WORKING_DIRECTORY "${WORK}" RESULT_VARIABLE failed
    OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "web page: ${step} failed:\n${said}")
  endif()
endforeach()

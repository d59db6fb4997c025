# What is installed, and the Debian package of it: `cmake --build --preset release --target package`.

include(GNUInstallDirs)
set(documentation "${CMAKE_BINARY_DIR}/installed-text")
file(MAKE_DIRECTORY "${documentation}")

# Manual pages and completions come from the programs themselves.
set(texts)
function(tidemark_text file program)
  add_custom_command(OUTPUT "${documentation}/${file}"
    COMMAND ${program} ${ARGN} > "${documentation}/${file}"
    DEPENDS ${program} VERBATIM)
endfunction()
tidemark_text(tidemark.1 tidemark manual)
tidemark_text(tidemarkd.8 tidemarkd --manual)
tidemark_text(tidemark.bash tidemark completion bash)
tidemark_text(tidemark.zsh tidemark completion zsh)
tidemark_text(tidemark.fish tidemark completion fish)
foreach(file tidemark.1 tidemarkd.8)
  add_custom_command(OUTPUT "${documentation}/${file}.gz"
    COMMAND gzip -9nkf "${documentation}/${file}"
    DEPENDS "${documentation}/${file}" VERBATIM)
endforeach()
add_custom_command(OUTPUT "${documentation}/changelog.gz"
  COMMAND gzip -9nc "${PROJECT_SOURCE_DIR}/packaging/changelog" > "${documentation}/changelog.gz"
  DEPENDS "${PROJECT_SOURCE_DIR}/packaging/changelog" VERBATIM)
add_custom_target(installed_text ALL DEPENDS
  "${documentation}/tidemark.1.gz" "${documentation}/tidemarkd.8.gz"
  "${documentation}/tidemark.bash" "${documentation}/tidemark.zsh" "${documentation}/tidemark.fish"
  "${documentation}/changelog.gz")

install(TARGETS tidemark tidemarkd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES "${documentation}/tidemark.1.gz" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES "${documentation}/tidemarkd.8.gz" DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES "${documentation}/tidemark.bash"
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tidemark)
install(FILES "${documentation}/tidemark.zsh"
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _tidemark)
install(FILES "${documentation}/tidemark.fish"
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES conf/tidemarkd.service DESTINATION lib/systemd/system)
install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME tidemark.conf)
install(FILES conf/tidemark.json DESTINATION /etc/tidemark)
install(FILES packaging/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tidemark)
install(FILES "${documentation}/changelog.gz" DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tidemark)
install(FILES conf/grafana.json docs/openapi.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/tidemark)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tidemark)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "iSCSI target that copies live LUNs as they stood at one moment")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The Tidemark authors <maintainers@tidemark.dev>")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "tidemarkd serves files and block devices as LUNs over iSCSI, in user space,\n\
and copies them while hosts keep writing: the copy is what the source was at\n\
one moment. tidemark is its command line.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/packaging/postinst;${PROJECT_SOURCE_DIR}/packaging/prerm"
  "${PROJECT_SOURCE_DIR}/packaging/postrm;${PROJECT_SOURCE_DIR}/packaging/conffiles")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
  GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)

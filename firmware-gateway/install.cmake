# What `cmake --install` puts where. Included by the top CMakeLists.txt after both programs are defined.
include(GNUInstallDirs)

# debhelper 13.11 of Debian 12 ignores units below /usr/lib, so a /usr prefix means /lib here.
# Any other prefix keeps to itself.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(unit_dir /lib/systemd/system)
else()
  set(unit_dir lib/systemd/system)
endif()
set(share_dir ${CMAKE_INSTALL_DATADIR}/touchpoint-gateway)

# The units name absolute paths; they are written for /usr.
function(touchpoint_unit source destination)
  file(READ ${CMAKE_SOURCE_DIR}/systemd/${source} text)
  string(REPLACE "/usr/sbin/" "${CMAKE_INSTALL_FULL_SBINDIR}/" text "${text}")
  string(REPLACE "/usr/share/" "${CMAKE_INSTALL_FULL_DATADIR}/" text "${text}")
  file(WRITE ${CMAKE_BINARY_DIR}/systemd/${source} "${text}")
  install(FILES ${CMAKE_BINARY_DIR}/systemd/${source} DESTINATION ${destination})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/systemd/${source})
endfunction()

install(TARGETS touchpointd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS touchpointctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

touchpoint_unit(touchpointd.service ${unit_dir})
touchpoint_unit(touchpoint-failure@.service ${unit_dir})
touchpoint_unit(bluetooth.service.d/touchpoint.conf ${unit_dir}/bluetooth.service.d)
install(FILES systemd/touchpoint.sysusers.conf DESTINATION lib/sysusers.d RENAME touchpoint-gateway.conf)
install(FILES systemd/touchpoint.tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME touchpoint-gateway.conf)

install(DIRECTORY config/bluetooth config/mosquitto DESTINATION ${share_dir})
install(FILES config/asyncapi.yaml DESTINATION ${share_dir})
install(DIRECTORY config/schemas DESTINATION ${share_dir} FILES_MATCHING PATTERN "*.schema.json")
install(DIRECTORY config/pos-dialects DESTINATION ${share_dir})
install(FILES config/phone-app.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY config/privacy DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/gateway.example.json DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY systemd/examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/touchpointd.service.d)

install(FILES src/cli/man/touchpointctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES src/cli/man/gateway.json.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES src/cli/man/touchpointd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

# The tablet page is built by npm, apart from the programs; a box without it still recognises, stores and delivers.
install(DIRECTORY src/tablet/dist/ DESTINATION ${share_dir}/tablet OPTIONAL)

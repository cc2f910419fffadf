"""The rota for coordinators, My shifts for readers, and the calendar feed."""

from django.urls import path

from hospitals.views.rota import calendar, lists, mine, shifts

app_name = "hospitals"
_ROTA, _MINE = "coordination/rota/", "my-shifts/"
urlpatterns = [
    path(_ROTA, calendar.rota, name="rota"),
    path(f"{_ROTA}shifts/add/", shifts.add, name="rota_add_shift"),
    path(f"{_ROTA}shifts/<int:shift_id>/", shifts.shift, name="rota_shift"),
    path(f"{_ROTA}shifts/<int:shift_id>/move/", shifts.move, name="rota_move_shift"),
    path(f"{_ROTA}shifts/<int:shift_id>/remove/", shifts.remove, name="rota_remove_shift"),
    path(f"{_ROTA}shifts/<int:shift_id>/drop-out/", shifts.drop, name="rota_drop_out"),
    path(f"{_ROTA}shifts/<int:shift_id>/call-in/", shifts.call, name="rota_call_in"),
    path(f"{_ROTA}apply/", shifts.apply, name="rota_apply"),
    path(f"{_ROTA}copy/", shifts.copy, name="rota_copy"),
    path(f"{_ROTA}templates/", lists.templates, name="rota_templates"),
    path(f"{_ROTA}templates/add/", lists.add_template_page, name="rota_add_template"),
    path(f"{_ROTA}templates/<int:template_id>/", lists.template, name="rota_template"),
    path(f"{_ROTA}holidays/", lists.holidays, name="rota_holidays"),
    path(f"{_ROTA}holidays/add/", lists.add_holiday_page, name="rota_add_holiday"),
    path(f"{_ROTA}holidays/import/", lists.import_page, name="rota_import_holidays"),
    path(f"{_ROTA}holidays/<int:holiday_id>/remove/", lists.remove_holiday_page, name="rota_remove_holiday"),
    path(f"{_ROTA}time-off/", lists.time_off, name="rota_time_off"),
    path(f"{_ROTA}time-off/add/", lists.add_time_off_page, name="rota_add_time_off"),
    path(f"{_ROTA}time-off/<int:time_off_id>/decide/", lists.decide_time_off_page, name="rota_decide_time_off"),
    path(f"{_ROTA}time-off/<int:time_off_id>/remove/", lists.remove_time_off_page, name="rota_remove_time_off"),
    path(f"{_ROTA}swaps/", lists.swaps, name="rota_swaps"),
    path(f"{_ROTA}swaps/<int:swap_id>/decide/", lists.decide_swap_page, name="rota_decide_swap"),
    path(_MINE, mine.mine, name="my_shifts"),
    path(f"{_MINE}<int:shift_id>/offer/", mine.offer, name="my_offer"),
    path(f"{_MINE}<int:shift_id>/drop-out/", mine.cannot_go_on, name="my_drop_out"),
    path(f"{_MINE}offers/<int:swap_id>/take/", mine.take, name="my_take"),
    path(f"{_MINE}offers/<int:swap_id>/give-back/", mine.give_back, name="my_give_back"),
    path(f"{_MINE}offers/<int:swap_id>/withdraw/", mine.withdraw, name="my_withdraw"),
    path(f"{_MINE}time-off/", mine.ask, name="my_time_off"),
    path(f"{_MINE}time-off/<int:time_off_id>/remove/", mine.take_back_request, name="my_remove_time_off"),
    path(f"{_MINE}feed/", mine.renew, name="my_feed"),
    path(f"{_MINE}feed/end/", mine.end, name="my_feed_end"),
    path("shift-feeds/<str:key>.ics", mine.feed, name="shift_feed"),
]
